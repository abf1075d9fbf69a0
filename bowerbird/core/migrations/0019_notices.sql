-- notices: a place in a challenge, and what became of an appeal
alter table social.notifications drop constraint notifications_kind_check;
alter table social.notifications
    add constraint notifications_kind_check check (kind in (
        'follow', 'like', 'boost', 'reply', 'mention', 'remix', 'status', 'poll', 'follow_request', 'quote', 'update', 'challenge', 'appeal')),
    add column subject_id bigint; -- the challenge, or the decision appealed against
drop index social.notifications_account_id_kind_from_id_coalesce_idx;
create unique index on social.notifications (account_id, kind, from_id, coalesce(post_id, 0), coalesce(subject_id, 0));
