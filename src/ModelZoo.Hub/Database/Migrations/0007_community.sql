-- level 2
-- Discussions and pull requests: what people say about a repository and propose to it. A pull request's files are the reference refs/pr/{number}.

alter table repository add column discussions_disabled_at bigint;      -- null: everybody who may read may open one

create table discussion (
    repository_id bigint not null references repository (id) on delete cascade,
    number bigint not null,                        -- from 1, discussions and pull requests together, without gaps
    kind text not null check (kind in ('discussion', 'pull_request')),
    title text not null,
    author_id bigint not null references account (id),
    status text not null check (status in ('draft', 'open', 'closed', 'merged')),
    target text,                                   -- pull requests: the full name of the branch that it is for
    base_id text,                                  -- pull requests: the commit that it began at
    merge_id text,                                 -- pull requests: the commit that brought it into the branch
    events bigint not null,                        -- how many there are; the next one has this number
    comments bigint not null,
    text_length bigint not null,                   -- characters of all comments and their earlier versions
    created_at bigint not null,
    updated_at bigint not null,
    primary key (repository_id, number)
);
create index discussion_by_status on discussion (repository_id, status);
create index discussion_by_author on discussion (author_id, repository_id);

create table discussion_event (
    id bigint primary key,
    repository_id bigint not null,
    number bigint not null,
    ordinal bigint not null,
    kind text not null check (kind in ('comment', 'title-change', 'status-change', 'commit')),
    author_id bigint not null references account (id),
    created_at bigint not null,
    subject text,                                  -- the new title, the new status, or the commit's title
    detail text,                                   -- the title before, or the commit's id
    hidden_at bigint,                              -- comments: what they said is gone
    unique (repository_id, number, ordinal),
    foreign key (repository_id, number) references discussion (repository_id, number) on delete cascade
);

create table comment_version (                     -- what a comment says, and what it said before it was edited
    event_id bigint not null references discussion_event (id) on delete cascade,
    version bigint not null,                       -- 0 is the first
    content text not null,
    author_id bigint not null references account (id),
    written_at bigint not null,
    primary key (event_id, version)
);
