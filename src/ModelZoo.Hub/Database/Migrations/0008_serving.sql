-- level 2
-- Models that an administrator admitted: whoever may read one of them may ask it.

create table served_model (
    repository_id bigint primary key references repository (id) on delete cascade,
    admitted_by bigint not null references account (id),
    admitted_at bigint not null
);
