-- level 2
-- Nodes that share this database, and what must hold across them.

create table node (
    id bigint primary key,                         -- a small number, part of the row ids that the node makes
    name text not null,
    role text not null check (role in ('node', 'worker')),
    version text not null,
    level bigint not null,                         -- the schema level that its program knows
    incarnation text not null,                     -- random, one per process: tells it from whoever had the number before
    started_at bigint not null,
    seen_at bigint not null
);

create table allowance (                           -- requests that nodes have drawn for somebody in a minute
    subject text primary key,
    drawn bigint not null,
    window_ends_at bigint not null
);
create index allowance_by_end on allowance (window_ends_at);
