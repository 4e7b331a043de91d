-- The hub. Ids are 64-bit and time-ordered, made by the program. Times are Unix milliseconds. Hex digests are lower case.

create table hub_setting (
    name text primary key,
    value text not null
);

-- Who owns things and who asks.

create table account (
    id bigint primary key,
    handle text not null,
    handle_key text not null unique,               -- lower case: handles differ in more than case
    kind text not null check (kind in ('user', 'organisation')),
    full_name text not null,
    email text,
    password_hash text,                            -- null: nobody can sign in with a password
    administrator_since bigint,
    created_at bigint not null,
    disabled_at bigint
);

create table session (
    key_hash text primary key,
    account_id bigint not null references account (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null
);
create index session_by_account on session (account_id);

create table token (
    id bigint primary key,
    account_id bigint not null references account (id) on delete cascade,
    name text not null,
    key_hash text not null unique,
    hint text not null,                            -- the last four characters, to tell tokens apart
    role text not null check (role in ('read', 'write', 'fineGrained')),
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index token_by_account on token (account_id);

create table token_grant (                         -- what a fine-grained token may do
    token_id bigint not null references token (id) on delete cascade,
    repository_id bigint not null,
    access text not null check (access in ('read', 'write')),
    primary key (token_id, repository_id)
);

create table device_login (
    device_code_hash text primary key,
    user_code text not null unique,
    client_id text not null,
    account_id bigint references account (id) on delete cascade,   -- set when someone approves
    created_at bigint not null,
    expires_at bigint not null,
    polled_at bigint,
    denied_at bigint,
    redeemed_at bigint
);

create table attempt (                             -- failed sign-ins in a window, by handle and by address
    subject text primary key,
    failures bigint not null,
    window_ends_at bigint not null
);

-- What is asked of.

create table repository (
    id bigint primary key,
    kind text not null check (kind in ('model', 'dataset', 'space')),
    owner_id bigint not null references account (id),
    name text not null,
    name_key text not null,
    visibility text not null check (visibility in ('public', 'private')),
    default_branch text not null,
    description text not null,
    sdk text,                                      -- spaces: static, gradio, docker, streamlit
    space_id bigint not null,                      -- whose git objects it reads and writes: its own id
    created_at bigint not null,
    updated_at bigint not null,                    -- last commit on the default branch
    disabled_at bigint,
    downloads bigint not null,                     -- in the last 30 days, refreshed daily and as they come
    downloads_all_time bigint not null,
    likes bigint not null,
    change_number bigint not null,                 -- grows with every change that a list could show
    unique (kind, owner_id, name_key)
);
create index repository_by_owner on repository (owner_id);
create index repository_by_change on repository (change_number);

create table deleted_repository (                  -- so that caches of lists learn what is gone
    change_number bigint primary key,
    repository_id bigint not null
);

create table change_counter (
    name text primary key,
    value bigint not null
);
insert into change_counter (name, value) values ('repository', 0);

create table repository_alias (                    -- old names redirect
    kind text not null,
    owner_key text not null,
    name_key text not null,
    repository_id bigint not null references repository (id) on delete cascade,
    primary key (kind, owner_key, name_key)
);
create index repository_alias_by_repository on repository_alias (repository_id);

create table collaborator (
    repository_id bigint not null references repository (id) on delete cascade,
    account_id bigint not null references account (id) on delete cascade,
    access text not null check (access in ('read', 'write', 'administer')),
    added_at bigint not null,
    primary key (repository_id, account_id)
);
create index collaborator_by_account on collaborator (account_id);

create table repository_like (
    repository_id bigint not null references repository (id) on delete cascade,
    account_id bigint not null references account (id) on delete cascade,
    liked_at bigint not null,
    primary key (repository_id, account_id)
);
create index repository_like_by_account on repository_like (account_id, liked_at);

create table download_day (
    repository_id bigint not null references repository (id) on delete cascade,
    day bigint not null,                           -- days since 1970-01-01
    downloads bigint not null,
    primary key (repository_id, day)
);

-- git: small immutable things, and the references that move.

create table git_object (
    space_id bigint not null,
    id text not null,
    type text not null check (type in ('blob', 'tree', 'commit', 'tag')),
    size_bytes bigint not null,
    lfs_digest text,                               -- when the blob is an LFS pointer: what it points to
    lfs_size_bytes bigint,
    stored_at bigint not null,
    content bytea not null,                        -- last, so that SQLite reads the columns before it without its pages
    primary key (space_id, id)
);

create table git_commit (                          -- commits again, in columns
    space_id bigint not null,
    id text not null,
    tree_id text not null,
    title text not null,
    body text not null,
    author_name text not null,
    author_email text not null,
    authored_at bigint not null,
    committed_at bigint not null,
    generation bigint not null,                    -- 1 + the largest of the parents'
    ancestors bigint not null,                     -- commits in its history, itself counted
    primary key (space_id, id)
);

create table git_commit_parent (
    space_id bigint not null,
    id text not null,
    ordinal bigint not null,
    parent_id text not null,
    primary key (space_id, id, ordinal)
);
create index git_commit_parent_by_parent on git_commit_parent (space_id, parent_id);

create table repository_commit (                   -- which commits a repository answers for by id
    repository_id bigint not null references repository (id) on delete cascade,
    commit_id text not null,
    primary key (repository_id, commit_id)
);

create table reference (
    repository_id bigint not null references repository (id) on delete cascade,
    name text not null,                            -- refs/heads/main
    target_id text not null,                       -- a commit, or an annotated tag
    commit_id text not null,                       -- the commit behind it
    created_at bigint not null,
    moved_at bigint not null,
    primary key (repository_id, name)
);

create table last_change (                         -- projection: the newest commit that touched a path of the default branch
    repository_id bigint not null references repository (id) on delete cascade,
    path text not null,
    commit_id text not null,
    primary key (repository_id, path)
);

-- Large immutable bytes.

create table blob (
    digest text primary key,
    size_bytes bigint not null,
    stored_at bigint not null,
    touched_at bigint not null,                    -- last time someone sent or linked it; sweeping waits after that
    sweeping_since bigint                          -- being removed: nobody may link it or rely on it any more
);

create table blob_link (
    repository_id bigint not null references repository (id) on delete cascade,
    digest text not null references blob (digest),
    linked_at bigint not null,
    first_path text not null,
    first_reference text not null,
    primary key (repository_id, digest)
);
create index blob_link_by_digest on blob_link (digest);

create table blob_grant (                          -- this account sent these bytes itself
    account_id bigint not null references account (id) on delete cascade,
    digest text not null references blob (digest) on delete cascade,
    granted_at bigint not null,
    primary key (account_id, digest)
);
create index blob_grant_by_digest on blob_grant (digest);

create table upload (                              -- bytes on their way in
    id bigint primary key,
    account_id bigint not null references account (id) on delete cascade,
    repository_id bigint not null references repository (id) on delete cascade,
    digest text not null,
    size_bytes bigint not null,
    part_bytes bigint,                             -- null: one PUT
    finished_at bigint,                            -- verified and stored; kept a while so that a repeated request is answered alike
    handle text,                                   -- the blob store's own name for an upload in parts
    created_at bigint not null,
    expires_at bigint not null
);
create index upload_by_digest on upload (digest);
create index upload_by_expiry on upload (expires_at);

-- Projections of the default branch's head.

create table repository_card (
    repository_id bigint primary key references repository (id) on delete cascade,
    commit_id text not null,
    pipeline_tag text,
    library_name text,
    licence text,
    card_json text,                                -- front matter as JSON, verbatim keys; null without one
    config_json text,                              -- the part of config.json that clients read
    tags_json text not null,
    summary text not null,                         -- first words of the body
    score bigint not null,
    grade text not null,
    findings_json text not null,
    points_json text not null,
    file_count bigint not null,
    size_bytes bigint not null
);

create table repository_tag (
    repository_id bigint not null references repository (id) on delete cascade,
    tag text not null,
    primary key (repository_id, tag)
);
create index repository_tag_by_tag on repository_tag (tag, repository_id);

create table card_word (                           -- full-text search, in the SQL that both databases share
    word text not null,
    repository_id bigint not null references repository (id) on delete cascade,
    weight bigint not null,
    primary key (word, repository_id)
);
create index card_word_by_weight on card_word (word, weight, repository_id);
create index card_word_by_repository on card_word (repository_id);

create table weight_summary (                      -- read from weight files' headers
    repository_id bigint primary key references repository (id) on delete cascade,
    commit_id text not null,
    parameters bigint,
    safetensors_json text,
    gguf_json text
);

-- Long work.

create table job (
    id bigint primary key,
    name text not null,
    payload text not null,
    subject text,                                  -- at most one waiting job of a name and subject
    repository_id bigint references repository (id) on delete cascade,
    account_id bigint,
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    attempts bigint not null,
    max_attempts bigint not null,
    run_after bigint not null,
    lease_id text,
    lease_until bigint,
    progress double precision not null,
    message text not null,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint
);
create index job_to_run on job (run_after) where state = 'waiting';
create index job_leases on job (lease_until) where state = 'running';
create index job_by_repository on job (repository_id);
create unique index job_once on job (name, subject) where state = 'waiting' and subject is not null;

create table job_line (
    job_id bigint not null references job (id) on delete cascade,
    number bigint not null,
    written_at bigint not null,
    text text not null,
    primary key (job_id, number)
);

create table audit_entry (
    id bigint primary key,
    at bigint not null,
    account_id bigint,
    action text not null,
    subject text not null,                         -- "account:…" or "repository:…" with the row's id
    detail text not null,                          -- names as they were, in words
    address text not null
);
create index audit_entry_by_subject on audit_entry (subject, id);
