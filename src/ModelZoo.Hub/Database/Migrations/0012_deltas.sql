-- level 2
-- Blobs that are stored as their difference from another one. The container is a blob too; base and container stay while this row does.

create table blob_delta (
    digest text primary key references blob (digest),
    base text references blob (digest),            -- null: the container needs none
    container text not null references blob (digest),
    depth bigint not null,                         -- containers to be decoded for one reading, at most
    stored_bytes bigint not null,                  -- of the container
    made_at bigint not null,
    plain_until bigint                             -- from then on the bytes themselves may be removed; null: they were
);
create index blob_delta_by_base on blob_delta (base);
create index blob_delta_by_container on blob_delta (container);
create index blob_delta_by_plain_until on blob_delta (plain_until);
