-- level 2
-- Fine-tunings that this hub makes.

create table finetune_resume (                     -- what a fine-tuning goes on from on another node; a job without it begins anew and comes to the same bytes
    job_id bigint not null references job (id) on delete cascade,
    part bigint not null,                          -- from 0
    epoch bigint not null,                         -- epochs done
    content bytea not null,
    kept_at bigint not null,
    primary key (job_id, part)
);
