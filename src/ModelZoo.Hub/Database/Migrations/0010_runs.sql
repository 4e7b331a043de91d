-- level 2
-- Evaluations that this hub runs, and the keys by which it vouches for what came out.

create table score_key (
    id text primary key,                           -- RFC 7638 thumbprint of the public part
    public_json text not null,                     -- a JSON Web Key
    secret text,                                   -- PKCS 8, base64; null once the key was replaced: what it signed stays verifiable
    made_at bigint not null,
    retired_at bigint
);

create table evaluation (
    id bigint primary key,
    repository_id bigint not null references repository (id) on delete cascade,
    commit_id text not null,                       -- of the model
    benchmark_id bigint not null references repository (id) on delete cascade,
    benchmark_commit text not null,
    account_id bigint not null references account (id),
    task text not null,                            -- a task, or a group of them
    settings_json text not null,                   -- what else was asked for
    target text not null,                          -- the branch that the result is for
    state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    message text not null,
    job_id bigint,
    samples_done bigint not null,
    samples_total bigint,
    samples_failed bigint not null,
    scores_json text,                              -- the records of a run that ended
    files_json text,                               -- by task: where its samples lie in the commit
    result_commit text,
    pull_number bigint,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint
);
create index evaluation_by_repository on evaluation (repository_id, id);
create index evaluation_by_benchmark on evaluation (benchmark_id, id);
create index evaluation_by_account on evaluation (account_id, state);

create table evaluation_part (                     -- what a worker has written so far, so that another node can go on; afterwards, what no commit holds
    evaluation_id bigint not null references evaluation (id) on delete cascade,
    file text not null,
    begins_at bigint not null,                     -- offset in the file
    content bytea not null,                        -- gzip
    primary key (evaluation_id, file, begins_at)
);
