-- level 2
-- git over HTTP.

alter table repository add column force_push_allowed_at bigint;    -- null: branches only grow, tags do not move, the default branch stays

create table lfs_lock (                            -- somebody works on a file that cannot be merged
    id bigint primary key,
    repository_id bigint not null references repository (id) on delete cascade,
    account_id bigint not null references account (id) on delete cascade,
    path text not null,
    locked_at bigint not null,
    unique (repository_id, path)
);
create index lfs_lock_by_account on lfs_lock (account_id);
