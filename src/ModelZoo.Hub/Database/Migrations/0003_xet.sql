-- level 2
-- Xet: content is cut into chunks, chunks are kept in xorbs, and a file is a list of runs of chunks. Hashes are in Xet's text form.

create table xorb (
    hash text primary key,                         -- of its chunks' hashes and lengths
    digest text not null references blob (digest), -- the blob that holds its bytes
    view_offset bigint,                            -- null: the blob is the serialized xorb; else its chunks lie raw in the blob, from here on
    chunk_count bigint not null,
    packed_bytes bigint not null,                  -- serialized: chunk headers and what follows them, no footer
    unpacked_bytes bigint not null,
    stored_at bigint not null,
    chunks bytea not null                          -- hash and offsets of each chunk; last, so that SQLite reads the columns before it without its pages
);
create index xorb_by_digest on xorb (digest);

create table xorb_grant (                          -- this account sent this xorb itself
    account_id bigint not null references account (id) on delete cascade,
    xorb text not null references xorb (hash) on delete cascade,
    granted_at bigint not null,
    primary key (account_id, xorb)
);
create index xorb_grant_by_xorb on xorb_grant (xorb, granted_at);

create table xet_file (
    digest text primary key references blob (digest),
    hash text not null,
    size_bytes bigint not null,
    form text not null check (form in ('terms', 'view')),  -- terms: the bytes exist as terms alone; view: they exist whole, and the terms are derived from them
    account_id bigint,                             -- who registered it first
    stored_at bigint not null
);
create index xet_file_by_hash on xet_file (hash);

create table xet_term (                            -- a run of chunks of one xorb, which the file has at this offset
    digest text not null references xet_file (digest) on delete cascade,
    file_offset bigint not null,
    unpacked_bytes bigint not null,
    xorb text not null references xorb (hash),
    chunk_start bigint not null,
    chunk_end bigint not null,                     -- exclusive
    primary key (digest, file_offset)
);
create index xet_term_by_xorb on xet_term (xorb, digest);

create table xet_chunk (                           -- projection: chunks that clients ask for before they send, and where they are
    hash text not null,
    xorb text not null references xorb (hash) on delete cascade,
    chunk_index bigint not null,
    primary key (hash, xorb)
);
create index xet_chunk_by_xorb on xet_chunk (xorb);
