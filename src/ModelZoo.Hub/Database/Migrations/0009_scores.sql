-- level 2
-- How good models are, by whose word, on which benchmarks; what people hold against a score; who handed in what.

create table benchmark (                           -- derived: a dataset whose default branch's head has an eval.yaml
    repository_id bigint primary key references repository (id) on delete cascade,
    name text not null,
    description text not null,
    framework text,
    daily bigint                                   -- predictions that an account may hand in on one day; null: as many as the hub allows
);

create table benchmark_task (                      -- derived: what eval.yaml and the task definitions beside it say; suites too
    repository_id bigint not null references repository (id) on delete cascade,
    id text not null,
    ordinal bigint not null,
    kind text not null check (kind in ('task', 'suite')),
    title text not null,
    config text,
    split text not null,
    metric text,                                   -- the primary one
    filter text not null,
    higher_is_better bigint not null,
    least double precision,
    most double precision,
    chance double precision,
    version text,
    task_hash text,
    facts_json text not null,                      -- other metrics; where labels lie; of suites their members and how they are put together
    primary key (repository_id, id)
);

create table benchmark_problem (                   -- derived: what is wrong with eval.yaml or a task definition
    repository_id bigint not null references repository (id) on delete cascade,
    ordinal bigint not null,
    path text not null,
    problem text not null,
    primary key (repository_id, ordinal)
);

create table score (                               -- derived from .eval_results and the card at the head of a model's default branch
    repository_id bigint not null references repository (id) on delete cascade,
    ordinal bigint not null,
    score_key text not null,                       -- names the claim: what is said of what, whichever commit says it
    origin text not null check (origin in ('results', 'card')),
    path text not null,                            -- the file that says it
    dataset text not null,
    dataset_key text not null,                     -- the dataset's name in lower case
    task_id text not null,                         -- empty where a card names none
    dataset_revision text,
    config text,
    split text,
    metric text,                                   -- null: the primary metric of the task
    filter text not null,
    subgroup text,
    value double precision,                        -- null: no finite number was said
    value_text text not null,
    stderr double precision,
    low double precision,
    high double precision,
    n bigint,
    higher_is_better bigint,
    task_hash text,
    task_version text,
    dataset_digest text,
    protocol text,                                 -- shots, scoring and chat template in words; scores of different ones are not ranked together
    measured_at bigint,                            -- null: when the file was last changed
    run_seconds double precision,
    host text,
    model_commit text,
    model_digest text,
    standing text not null check (standing in ('verified', 'reproduced', 'claimed', 'reported', 'stale')),
    unranked text,                                 -- why it is never ranked
    remark text,                                   -- what else a reader has to know: it differs from what was verified
    evidence text,
    samples text,
    source_json text,
    notes text,
    token text,
    primary key (repository_id, ordinal)
);
create index score_by_dataset on score (dataset_key, task_id);

create table score_problem (                       -- derived: entries and files that are left out, and why
    repository_id bigint not null references repository (id) on delete cascade,
    ordinal bigint not null,
    place text not null,
    problem text not null,
    primary key (repository_id, ordinal)
);

create table score_past (                          -- scores that a model once claimed and its head claims no more, for boards as of a day
    repository_id bigint not null references repository (id) on delete cascade,
    score_key text not null,
    began_at bigint not null,
    ended_at bigint not null,
    row_json text not null,
    primary key (repository_id, score_key, ended_at)
);

create table score_mark (                          -- what somebody holds against a score: part of no commit
    id bigint primary key,
    repository_id bigint not null references repository (id) on delete cascade,
    score_key text not null,                       -- empty: every score of the model on that task
    benchmark_id bigint not null references repository (id) on delete cascade,
    task_id text not null,
    kind text not null check (kind in ('disputed', 'revoked', 'weak', 'strong')),
    reason text not null,
    account_id bigint references account (id) on delete set null,
    marked_at bigint not null,
    lifted_by bigint references account (id) on delete set null,
    lifted_at bigint
);
create index score_mark_by_repository on score_mark (repository_id);

create table submission (                          -- results and predictions that were handed in, refused ones too
    id bigint primary key,
    account_id bigint not null references account (id) on delete cascade,
    benchmark_id bigint not null references repository (id) on delete cascade,
    model_id bigint references repository (id) on delete set null,
    task_id text not null,
    format text not null,
    digest text not null,                          -- SHA-256 of what was sent
    is_counted bigint not null,                    -- 1: it was held against labels, so it counts for the day
    outcome text not null,
    commit_id text,
    submitted_at bigint not null
);
create index submission_by_day on submission (benchmark_id, account_id, submitted_at);
