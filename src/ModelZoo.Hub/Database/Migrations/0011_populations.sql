-- level 2
-- Populations that this hub trains.

create table population_resume (                   -- what a member's training goes on from; a member without it begins anew and comes out the same
    repository_id bigint not null references repository (id) on delete cascade,
    reference text not null,                       -- the branch that its epochs are committed to
    member_id text not null,
    part bigint not null,                          -- from 0
    content bytea not null,
    kept_at bigint not null,
    primary key (repository_id, reference, member_id, part)
);
