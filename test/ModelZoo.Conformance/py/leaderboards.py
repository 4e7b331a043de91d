"""Evaluation results and leaderboards, as huggingface_hub reads and writes them. Clients before 1.0 know neither."""

from checks import *  # noqa: F403

EVAL = """name: Digits
tasks:
- id: digits
"""

if hasattr(api, "get_dataset_leaderboard"):
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    @check("results that the client writes are on the leaderboard that it reads")
    def _():
        import json

        data = api.create_repo("board-of-digits", repo_type="dataset", exist_ok=True).repo_id
        api.upload_file(path_or_fileobj=EVAL.encode(), path_in_repo="eval.yaml", repo_id=data, repo_type="dataset")
        name = new_repo("measured")
        entries = [EvalResultEntry(dataset_id=data, task_id="digits", value=0.91, date="2026-01-15T10:30:00Z", source_url="https://example.org", source_name="Logs", notes="no-tools")]
        put(name, {".eval_results/digits.yaml": json.dumps(eval_result_entries_to_yaml(entries))})
        board = api.get_dataset_leaderboard(data)
        assert [(one.rank, one.model_id, one.value, one.verified, one.filename, one.notes) for one in board] == [(1, name, 0.91, False, ".eval_results/digits.yaml", "no-tools")], board
        assert board[0].source["name"] == "Logs" and board[0].author.username == name.split("/")[0], board[0]
        results = api.model_info(name, expand=["evalResults"]).eval_results
        assert [(one.dataset_id, one.task_id, one.value, one.source_url) for one in results] == [(data, "digits", 0.91, "https://example.org")], results
        assert results[0].date.startswith("2026-01-15T10:30:00"), results
