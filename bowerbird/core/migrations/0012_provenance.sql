-- where a picture comes from: one word to filter by on the picture, what stands behind it beside it
alter table media.attachments add column provenance text not null default 'unknown'
    check (provenance in ('generated', 'edited', 'by_hand', 'camera', 'unknown'));
update media.attachments set provenance = 'generated' where generated;
create index on media.attachments (provenance, id desc) where provenance <> 'unknown';

create table media.origins (
    media_id bigint primary key references media.attachments on delete cascade,
    credentials jsonb, -- what the content credentials said when it came or was made, and whether they held
    said_at timestamptz, -- when its owner said "by hand" or "camera"
    instance integer, -- what its invisible mark says; null: it carries none
    picture_id bigint,
    signed_at timestamptz, -- when this house signed it
    check ((instance is null) = (picture_id is null))
);
create index on media.origins (picture_id) where picture_id is not null;
