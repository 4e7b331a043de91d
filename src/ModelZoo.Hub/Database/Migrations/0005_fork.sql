-- level 2
-- Forks: repositories that began as another's references and share its objects and blobs.

alter table repository add column forked_from_id bigint;    -- null when it is not a fork, or what it came from is gone
create index repository_by_origin on repository (forked_from_id);
create index repository_by_space on repository (space_id);
