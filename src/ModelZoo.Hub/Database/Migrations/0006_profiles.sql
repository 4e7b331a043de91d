-- level 2
-- What models are in numbers, and the devices and workloads that repositories add to the registry.

create table model_profile (                       -- derived from headers and configurations; any row may be made anew
    repository_id bigint not null references repository (id) on delete cascade,
    digest text not null,                          -- SHA-256 over paths and contents of all that was read
    version bigint not null,                       -- of the rules it was made by
    state text not null check (state in ('ready', 'failed')),
    reason text,                                   -- failed: which file and what is wrong with it
    defects_json text not null,                    -- what is wrong with single files
    parameters bigint,                             -- stored numbers, as clients expect them
    safetensors_json text,
    gguf_json text,
    weight_bytes double precision,                 -- what it needs of memory, in the standard scenario
    footprint_bytes double precision,
    tensor_count bigint not null,
    made_at bigint not null,
    profile_json text not null,                    -- loses nothing: estimates read no file again
    tensors bytea,                                 -- all tensors, compressed
    primary key (repository_id, digest)
);

alter table weight_summary add column digest text;                     -- the profile of the default branch's head
alter table weight_summary add column version bigint;
alter table weight_summary add column weight_bytes double precision;
alter table weight_summary add column footprint_bytes double precision;

update job set name = 'models.profile' where name = 'weights.summarise' and state = 'waiting';

create table user_record (                         -- a device or workload that a file of the default branch's head describes
    repository_id bigint not null references repository (id) on delete cascade,
    kind text not null check (kind in ('device', 'workload')),
    id text not null,
    name text not null,
    fields_json text not null,
    primary key (repository_id, kind, id)
);
create index user_record_by_kind on user_record (kind, repository_id, id);

create table user_record_problem (                 -- why rows of such a file are left out
    repository_id bigint not null references repository (id) on delete cascade,
    kind text not null check (kind in ('device', 'workload')),
    path text not null,
    problem text not null,
    primary key (repository_id, kind)
);
