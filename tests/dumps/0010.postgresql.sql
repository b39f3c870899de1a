--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: helpdesk_alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: helpdesk_attachments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_attachments (
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    name character varying(255) NOT NULL,
    size bigint NOT NULL,
    digest character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    media_type character varying(200) NOT NULL,
    author_id character varying(200) COLLATE pg_catalog."C",
    message_id character varying(200) COLLATE pg_catalog."C",
    internal boolean NOT NULL
);


--
-- Name: helpdesk_catching_up; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_catching_up (
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    member_ids text NOT NULL,
    behind text NOT NULL,
    their_turn boolean NOT NULL
);


--
-- Name: helpdesk_discards; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_discards (
    first_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    second_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    first_fingerprint text NOT NULL,
    second_fingerprint text NOT NULL
);


--
-- Name: helpdesk_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_events (
    sequence bigint NOT NULL,
    ticket_id character varying(200) COLLATE pg_catalog."C",
    team_id character varying(200) COLLATE pg_catalog."C",
    name character varying(50) NOT NULL,
    schema integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id character varying(200) COLLATE pg_catalog."C",
    by_system character varying(200),
    internal boolean NOT NULL,
    data text NOT NULL
);


--
-- Name: helpdesk_events_sequence_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_events_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_events_sequence_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_events_sequence_seq OWNED BY public.helpdesk_events.sequence;


--
-- Name: helpdesk_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_keys (
    key text NOT NULL,
    digest text NOT NULL,
    result text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: helpdesk_mails; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_mails (
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    sender_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    mail_id text,
    message_id character varying(200) COLLATE pg_catalog."C",
    subject text NOT NULL,
    quoted text NOT NULL,
    internal boolean NOT NULL,
    automatic boolean NOT NULL
);


--
-- Name: helpdesk_merge_tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_merge_tickets (
    merge_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: helpdesk_merges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_merges (
    sequence bigint NOT NULL,
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    master_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    merged_ids text NOT NULL,
    at timestamp with time zone NOT NULL,
    changes text NOT NULL,
    undone_at timestamp with time zone
);


--
-- Name: helpdesk_merges_sequence_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_merges_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_merges_sequence_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_merges_sequence_seq OWNED BY public.helpdesk_merges.sequence;


--
-- Name: helpdesk_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_messages (
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL,
    at timestamp with time zone NOT NULL,
    author_id character varying(200) COLLATE pg_catalog."C",
    internal boolean NOT NULL,
    automatic boolean NOT NULL
);


--
-- Name: helpdesk_meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_meta (
    name character varying(50) NOT NULL,
    value text NOT NULL
);


--
-- Name: helpdesk_outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_outbox (
    sequence bigint NOT NULL,
    key text NOT NULL,
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    recipient_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    channel character varying(20) NOT NULL,
    kind character varying(20) NOT NULL,
    message_id character varying(200) COLLATE pg_catalog."C",
    stage_id character varying(200) COLLATE pg_catalog."C",
    subject text,
    text text,
    created_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    status character varying(20) NOT NULL,
    not_before timestamp with time zone,
    html text,
    in_answer boolean DEFAULT false NOT NULL,
    error character varying(200),
    held_until timestamp with time zone
);


--
-- Name: helpdesk_outbox_sequence_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_outbox_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_outbox_sequence_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_outbox_sequence_seq OWNED BY public.helpdesk_outbox.sequence;


--
-- Name: helpdesk_similar_teams; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_similar_teams (
    number bigint NOT NULL,
    team_id character varying(200) COLLATE pg_catalog."C",
    tickets bigint NOT NULL
);


--
-- Name: helpdesk_similar_teams_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_similar_teams_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_similar_teams_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_similar_teams_number_seq OWNED BY public.helpdesk_similar_teams.number;


--
-- Name: helpdesk_similar_tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_similar_tickets (
    number bigint NOT NULL,
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    team bigint NOT NULL,
    customer_id character varying(200) COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    tags text NOT NULL,
    terms text NOT NULL,
    amounts bytea NOT NULL,
    shares bytea NOT NULL,
    words tsvector NOT NULL
)
WITH (toast_tuple_target='256');
ALTER TABLE ONLY public.helpdesk_similar_tickets ALTER COLUMN words SET STORAGE EXTERNAL;


--
-- Name: helpdesk_similar_tickets_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_similar_tickets_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_similar_tickets_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_similar_tickets_number_seq OWNED BY public.helpdesk_similar_tickets.number;


--
-- Name: helpdesk_similar_words; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_similar_words (
    team bigint NOT NULL,
    word text NOT NULL COLLATE pg_catalog."C",
    holders bigint NOT NULL,
    in_subject bigint NOT NULL
)
WITH (fillfactor='70');


--
-- Name: helpdesk_stage_counts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_stage_counts (
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    stage_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    tickets integer NOT NULL,
    unassigned integer NOT NULL,
    waiting integer NOT NULL
);


--
-- Name: helpdesk_stages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_stages (
    number bigint NOT NULL,
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    name character varying(200) NOT NULL,
    "position" integer NOT NULL,
    description text NOT NULL,
    folded boolean NOT NULL,
    email_template text,
    sms_template text,
    once_per_ticket boolean NOT NULL
);


--
-- Name: helpdesk_stages_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_stages_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_stages_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_stages_number_seq OWNED BY public.helpdesk_stages.number;


--
-- Name: helpdesk_team_follows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_team_follows (
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    user_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    source character varying(20) NOT NULL
);


--
-- Name: helpdesk_team_stages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_team_stages (
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    stage_id character varying(200) NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: helpdesk_teams; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_teams (
    number bigint NOT NULL,
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    name character varying(200) NOT NULL,
    visibility character varying(20) NOT NULL,
    company character varying(200) NOT NULL,
    public_description text NOT NULL,
    member_ids text NOT NULL,
    auto_assign boolean NOT NULL,
    assignment_method character varying(20) NOT NULL,
    assignment_scope character varying(20) NOT NULL,
    look_ahead_window character varying(30) NOT NULL,
    horizon character varying(30) NOT NULL,
    members_follow boolean NOT NULL,
    version bigint NOT NULL,
    assignment_mode character varying(20) DEFAULT 'assign_now'::character varying NOT NULL,
    catch_up character varying(20) DEFAULT 'full'::character varying NOT NULL,
    member_options text DEFAULT '[]'::text NOT NULL,
    on_answer character varying(20) DEFAULT 'reopen'::character varying NOT NULL,
    reopen_window character varying(30) DEFAULT 'P30DT0.000000S'::character varying NOT NULL
);


--
-- Name: helpdesk_teams_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_teams_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_teams_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_teams_number_seq OWNED BY public.helpdesk_teams.number;


--
-- Name: helpdesk_texts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_texts (
    number bigint NOT NULL,
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    message_id character varying(200) COLLATE pg_catalog."C",
    internal boolean NOT NULL,
    words tsvector NOT NULL
);


--
-- Name: helpdesk_texts_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_texts_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_texts_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_texts_number_seq OWNED BY public.helpdesk_texts.number;


--
-- Name: helpdesk_ticket_follows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_ticket_follows (
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    user_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    source character varying(20) NOT NULL
);


--
-- Name: helpdesk_ticket_tags; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_ticket_tags (
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    tag character varying(100) NOT NULL
);


--
-- Name: helpdesk_tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_tickets (
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    stage_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    subject character varying(500) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    description text NOT NULL,
    opener_id character varying(200) COLLATE pg_catalog."C",
    customer_id character varying(200) COLLATE pg_catalog."C",
    assignee_id character varying(200) COLLATE pg_catalog."C",
    available_from timestamp with time zone,
    waiting boolean NOT NULL,
    priority integer NOT NULL,
    links text NOT NULL,
    "references" text NOT NULL,
    closed_at timestamp with time zone,
    merged_into character varying(200) COLLATE pg_catalog."C",
    version bigint NOT NULL,
    rank character varying(500) DEFAULT 'V'::character varying NOT NULL COLLATE pg_catalog."C",
    fields text DEFAULT '{}'::text NOT NULL
);


--
-- Name: helpdesk_time_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_time_entries (
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    ticket_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    user_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    minutes integer NOT NULL,
    at timestamp with time zone NOT NULL,
    note text NOT NULL
);


--
-- Name: helpdesk_users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_users (
    number bigint NOT NULL,
    id character varying(200) NOT NULL COLLATE pg_catalog."C",
    name character varying(200) NOT NULL,
    kind character varying(20) NOT NULL,
    roles text NOT NULL,
    active boolean NOT NULL,
    email character varying(320),
    phone character varying(320),
    company character varying(200) NOT NULL,
    language character varying(35) NOT NULL,
    address character varying(320)
);


--
-- Name: helpdesk_users_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.helpdesk_users_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: helpdesk_users_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.helpdesk_users_number_seq OWNED BY public.helpdesk_users.number;


--
-- Name: helpdesk_workloads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.helpdesk_workloads (
    team_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    member_id character varying(200) NOT NULL COLLATE pg_catalog."C",
    total integer NOT NULL,
    open integer NOT NULL,
    credit integer NOT NULL,
    last_assigned bigint
);


--
-- Name: helpdesk_events sequence; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_events ALTER COLUMN sequence SET DEFAULT nextval('public.helpdesk_events_sequence_seq'::regclass);


--
-- Name: helpdesk_merges sequence; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_merges ALTER COLUMN sequence SET DEFAULT nextval('public.helpdesk_merges_sequence_seq'::regclass);


--
-- Name: helpdesk_outbox sequence; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_outbox ALTER COLUMN sequence SET DEFAULT nextval('public.helpdesk_outbox_sequence_seq'::regclass);


--
-- Name: helpdesk_similar_teams number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_teams ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_similar_teams_number_seq'::regclass);


--
-- Name: helpdesk_similar_tickets number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_tickets ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_similar_tickets_number_seq'::regclass);


--
-- Name: helpdesk_stages number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_stages ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_stages_number_seq'::regclass);


--
-- Name: helpdesk_teams number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_teams ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_teams_number_seq'::regclass);


--
-- Name: helpdesk_texts number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_texts ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_texts_number_seq'::regclass);


--
-- Name: helpdesk_users number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_users ALTER COLUMN number SET DEFAULT nextval('public.helpdesk_users_number_seq'::regclass);


--
-- Data for Name: helpdesk_alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_alembic_version VALUES ('0010');


--
-- Data for Name: helpdesk_attachments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_attachments VALUES ('id-0017', 'T-4', 'a b.txt', 3, 'b728b7e775f708faf513b988271e39176d3efb8efcb6523124e0592d7c7b4165', '2026-01-05 09:08:00+00', 'application/octet-stream', 'bob', NULL, false);
INSERT INTO public.helpdesk_attachments VALUES ('id-0018', 'T-4', 'note.txt', 3, 'b728b7e775f708faf513b988271e39176d3efb8efcb6523124e0592d7c7b4165', '2026-01-05 09:08:00+00', 'application/octet-stream', 'bob', NULL, true);


--
-- Data for Name: helpdesk_catching_up; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_catching_up VALUES ('auto', '2026-01-05 09:06:00+00', '["ann","bob","cyd"]', '[]', false);


--
-- Data for Name: helpdesk_discards; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_discards VALUES ('T-1', 'T-5', 'c8da5065214f8182d42e2227ec7dce191b7a4358279ddd302bb70e3a0af2152d', 'e0dacb9bf3e41b04552562ab015f2fc69d4e4a0d920293b2a86cfbbf14e270bc');


--
-- Data for Name: helpdesk_events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_events VALUES (1, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"ann","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (2, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"bob","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (3, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"cyd","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (4, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"emp","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (5, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"lea","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (6, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"root","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (7, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"pat","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (8, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"pia","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (9, NULL, NULL, 'UserChanged', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"con","fields":["id"]}');
INSERT INTO public.helpdesk_events VALUES (10, NULL, NULL, 'StageCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (11, NULL, NULL, 'StageCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"stage_id":"working"}');
INSERT INTO public.helpdesk_events VALUES (12, NULL, NULL, 'StageCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"stage_id":"solved"}');
INSERT INTO public.helpdesk_events VALUES (13, NULL, NULL, 'StageCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"stage_id":"cancelled"}');
INSERT INTO public.helpdesk_events VALUES (14, NULL, 'private', 'TeamCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{}');
INSERT INTO public.helpdesk_events VALUES (15, NULL, 'company', 'TeamCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{}');
INSERT INTO public.helpdesk_events VALUES (16, NULL, 'public', 'TeamCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{}');
INSERT INTO public.helpdesk_events VALUES (17, NULL, 'auto', 'TeamCreated', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{}');
INSERT INTO public.helpdesk_events VALUES (18, NULL, 'auto', 'FollowerAdded', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"ann","source":"member"}');
INSERT INTO public.helpdesk_events VALUES (19, NULL, 'auto', 'FollowerAdded', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"bob","source":"member"}');
INSERT INTO public.helpdesk_events VALUES (20, NULL, 'auto', 'FollowerAdded', 1, '2026-01-05 09:00:00+00', NULL, 'set-up of a test', true, '{"user_id":"cyd","source":"member"}');
INSERT INTO public.helpdesk_events VALUES (21, 'T-1', 'company', 'TicketOpened', 1, '2026-01-05 09:01:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (22, 'T-1', 'company', 'StageMessageSkipped', 1, '2026-01-05 09:01:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO public.helpdesk_events VALUES (23, 'T-2', 'auto', 'TicketOpened', 1, '2026-01-05 09:02:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (24, 'T-2', 'auto', 'StageMessageSkipped', 1, '2026-01-05 09:02:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO public.helpdesk_events VALUES (25, 'T-2', 'auto', 'TicketAssigned', 1, '2026-01-05 09:02:00+00', NULL, 'set-up of a test', true, '{"assignee_id":"bob","automatic":true,"code":"assignment.fewest_tickets","count":0,"tie_breaker":"member_order","available_from":null,"warning":null}');
INSERT INTO public.helpdesk_events VALUES (26, 'T-3', 'private', 'TicketOpened', 1, '2026-01-05 09:03:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (27, 'T-3', 'private', 'StageMessageSkipped', 1, '2026-01-05 09:03:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO public.helpdesk_events VALUES (28, 'T-4', 'public', 'TicketOpened', 1, '2026-01-05 09:04:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (29, 'T-4', 'public', 'FollowerAdded', 1, '2026-01-05 09:04:00+00', NULL, 'set-up of a test', true, '{"user_id":"pat","source":"customer"}');
INSERT INTO public.helpdesk_events VALUES (30, 'T-4', NULL, 'StageMessageSent', 1, '2026-01-05 09:04:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email"}');
INSERT INTO public.helpdesk_events VALUES (31, 'T-5', 'company', 'TicketOpened', 1, '2026-01-05 09:05:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (32, 'T-5', 'company', 'StageMessageSkipped', 1, '2026-01-05 09:05:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO public.helpdesk_events VALUES (33, 'T-6', 'auto', 'TicketOpened', 1, '2026-01-05 09:06:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (34, 'T-6', 'auto', 'StageMessageSkipped', 1, '2026-01-05 09:06:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO public.helpdesk_events VALUES (35, 'T-6', 'auto', 'TicketAssigned', 1, '2026-01-05 09:06:00+00', NULL, 'set-up of a test', true, '{"assignee_id":"cyd","automatic":true,"code":"assignment.fewest_tickets","count":0,"tie_breaker":"fewest","available_from":null,"warning":null}');
INSERT INTO public.helpdesk_events VALUES (36, 'T-7', 'private', 'TicketOpened', 1, '2026-01-05 09:07:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (37, 'T-7', NULL, 'StageMessageSent', 1, '2026-01-05 09:07:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email"}');
INSERT INTO public.helpdesk_events VALUES (38, 'T-8', 'public', 'TicketOpened', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', false, '{"stage_id":"new"}');
INSERT INTO public.helpdesk_events VALUES (39, 'T-8', 'public', 'FollowerAdded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"user_id":"pia","source":"customer"}');
INSERT INTO public.helpdesk_events VALUES (40, 'T-8', NULL, 'StageMessageSent', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"stage_id":"new","channel":"email"}');
INSERT INTO public.helpdesk_events VALUES (41, NULL, 'public', 'FollowerAdded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"user_id":"bob","source":"chosen"}');
INSERT INTO public.helpdesk_events VALUES (42, 'T-1', 'company', 'FollowerAdded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"user_id":"pia","source":"chosen"}');
INSERT INTO public.helpdesk_events VALUES (43, 'T-4', 'public', 'MessagePosted', 1, '2026-01-05 09:08:00+00', 'pat', NULL, false, '{"message_id":"id-0012"}');
INSERT INTO public.helpdesk_events VALUES (44, 'T-4', 'public', 'NotePosted', 1, '2026-01-05 09:08:00+00', 'bob', NULL, true, '{"message_id":"id-0015"}');
INSERT INTO public.helpdesk_events VALUES (45, 'T-4', 'public', 'FileAttached', 1, '2026-01-05 09:08:00+00', 'bob', NULL, false, '{"attachment_id":"id-0017"}');
INSERT INTO public.helpdesk_events VALUES (46, 'T-4', 'public', 'InternalFileAttached', 1, '2026-01-05 09:08:00+00', 'bob', NULL, true, '{"attachment_id":"id-0018"}');
INSERT INTO public.helpdesk_events VALUES (47, 'T-4', 'public', 'TimeLogged', 1, '2026-01-05 09:08:00+00', 'bob', NULL, true, '{"time_entry_id":"id-0019"}');
INSERT INTO public.helpdesk_events VALUES (48, 'T-1', 'company', 'TicketAssigned', 1, '2026-01-05 09:08:00+00', 'lea', NULL, true, '{"assignee_id":"bob","automatic":false,"code":"assignment.manual","count":null,"tie_breaker":null,"available_from":null,"warning":null}');
INSERT INTO public.helpdesk_events VALUES (49, 'T-1', 'company', 'TicketChanged', 1, '2026-01-05 09:08:00+00', 'lea', NULL, false, '{"fields":["subject"]}');
INSERT INTO public.helpdesk_events VALUES (50, 'T-4', 'public', 'TicketMoved', 1, '2026-01-05 09:08:00+00', 'bob', NULL, false, '{"from_stage_id":"new","to_stage_id":"solved"}');
INSERT INTO public.helpdesk_events VALUES (51, 'T-4', 'public', 'TicketClosed', 1, '2026-01-05 09:08:00+00', 'bob', NULL, false, '{"stage_id":"solved"}');
INSERT INTO public.helpdesk_events VALUES (52, 'T-4', 'public', 'StageMessageSkipped', 1, '2026-01-05 09:08:00+00', 'bob', NULL, true, '{"stage_id":"solved","channel":"sms","code":"stage.skipped.no_phone"}');
INSERT INTO public.helpdesk_events VALUES (53, 'T-4', NULL, 'StageMessageSent', 1, '2026-01-05 09:08:00+00', 'bob', NULL, true, '{"stage_id":"solved","channel":"email"}');
INSERT INTO public.helpdesk_events VALUES (54, 'T-4', 'public', 'TicketMoved', 1, '2026-01-05 09:08:00+00', 'bob', NULL, false, '{"from_stage_id":"solved","to_stage_id":"working"}');
INSERT INTO public.helpdesk_events VALUES (55, 'T-4', 'public', 'TicketReopened', 1, '2026-01-05 09:08:00+00', 'bob', NULL, false, '{"stage_id":"working"}');
INSERT INTO public.helpdesk_events VALUES (56, 'T-8', 'public', 'TicketMoved', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', false, '{"from_stage_id":"new","to_stage_id":"solved"}');
INSERT INTO public.helpdesk_events VALUES (57, 'T-8', 'public', 'TicketClosed', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', false, '{"stage_id":"solved"}');
INSERT INTO public.helpdesk_events VALUES (58, 'T-8', 'public', 'StageMessageSkipped', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"stage_id":"solved","channel":"sms","code":"stage.skipped.no_phone"}');
INSERT INTO public.helpdesk_events VALUES (59, 'T-8', NULL, 'StageMessageSent', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"stage_id":"solved","channel":"email"}');
INSERT INTO public.helpdesk_events VALUES (60, 'T-1', 'company', 'DuplicateDiscarded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"other_id":"T-5"}');
INSERT INTO public.helpdesk_events VALUES (61, 'T-5', 'company', 'DuplicateDiscarded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"other_id":"T-1"}');
INSERT INTO public.helpdesk_events VALUES (62, 'T-5', 'company', 'TicketMergedAway', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"master_id":"T-1","merge_id":"id-0023"}');
INSERT INTO public.helpdesk_events VALUES (63, 'T-1', 'company', 'TicketsMerged', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"merge_id":"id-0023","merged_ids":["T-5"],"left_behind":[]}');
INSERT INTO public.helpdesk_events VALUES (64, 'T-1', 'company', 'TicketsUnmerged', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"merge_id":"id-0023","merged_ids":["T-5"]}');
INSERT INTO public.helpdesk_events VALUES (65, 'T-5', 'company', 'TicketsUnmerged', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"merge_id":"id-0023","merged_ids":["T-5"]}');
INSERT INTO public.helpdesk_events VALUES (66, 'T-6', 'auto', 'TicketMergedAway', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"master_id":"T-2","merge_id":"id-0024"}');
INSERT INTO public.helpdesk_events VALUES (67, 'T-2', 'auto', 'FollowerAdded', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"user_id":"cyd","source":"chosen"}');
INSERT INTO public.helpdesk_events VALUES (68, 'T-2', 'auto', 'TicketsMerged', 1, '2026-01-05 09:08:00+00', NULL, 'set-up of a test', true, '{"merge_id":"id-0024","merged_ids":["T-6"],"left_behind":[]}');
INSERT INTO public.helpdesk_events VALUES (69, NULL, 'public', 'VisibilityChanged', 1, '2026-01-05 09:09:00+00', NULL, 'set-up of a test', true, '{"from_visibility":"public","to_visibility":"company"}');
INSERT INTO public.helpdesk_events VALUES (70, NULL, 'public', 'AccessNarrowed', 1, '2026-01-05 09:09:00+00', NULL, 'set-up of a test', true, '{"user_ids":["pat","pia"]}');
INSERT INTO public.helpdesk_events VALUES (71, 'T-4', 'public', 'FollowerRemoved', 1, '2026-01-05 09:09:00+00', NULL, 'set-up of a test', true, '{"user_id":"pat","sources":["customer"],"code":"visibility.narrowed"}');
INSERT INTO public.helpdesk_events VALUES (72, 'T-8', 'public', 'FollowerRemoved', 1, '2026-01-05 09:09:00+00', NULL, 'set-up of a test', true, '{"user_id":"pia","sources":["customer"],"code":"visibility.narrowed"}');


--
-- Data for Name: helpdesk_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_keys VALUES ('str:lea:ticket.change:a key', '6e574ad168e907dfecb49f544a3e076c332571ecf27c9ff61271d183caec807d', '{"$":"Ticket","value":{"id":"T-1","team_id":"company","stage_id":"new","subject":"Another subject","created_at":"2026-01-05T09:01:00+00:00","description":"Line one\n\ttwo; ''three'' \\ \"four\" 100%","opener_id":null,"customer_id":null,"assignee_id":"bob","available_from":null,"waiting":false,"priority":1,"tags":["Né","ink"],"links":[],"references":[],"fields":{"cost":12.5,"paid":true,"serials":["A-7","Né"]},"followers":[["bob",["assigned"]],["pia",["chosen"]]],"closed_at":null,"merged_into":null,"rank":"4ifzg9MjnE4MAXDnV","version":4}}', '2026-01-05 09:08:00+00');


--
-- Data for Name: helpdesk_mails; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: helpdesk_merge_tickets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_merge_tickets VALUES ('id-0023', 'T-1');
INSERT INTO public.helpdesk_merge_tickets VALUES ('id-0023', 'T-5');
INSERT INTO public.helpdesk_merge_tickets VALUES ('id-0024', 'T-2');
INSERT INTO public.helpdesk_merge_tickets VALUES ('id-0024', 'T-6');


--
-- Data for Name: helpdesk_merges; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_merges VALUES (1, 'id-0023', 'T-1', '["T-5"]', '2026-01-05 09:08:00+00', '[{"$":"SetField","value":{"kind":"ticket","id":"T-5","field":"merged_into","expected":null,"value":"T-1"}}]', '2026-01-05 09:08:00+00');
INSERT INTO public.helpdesk_merges VALUES (2, 'id-0024', 'T-2', '["T-6"]', '2026-01-05 09:08:00+00', '[{"$":"SetField","value":{"kind":"ticket","id":"T-6","field":"merged_into","expected":null,"value":"T-2"}},{"$":"AddFollow","value":{"kind":"ticket","id":"T-2","user_id":"cyd","source":"chosen"}}]', NULL);


--
-- Data for Name: helpdesk_messages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_messages VALUES ('id-0012', 'T-4', 'It''s here
-- it says', '2026-01-05 09:08:00+00', 'pat', false, false);
INSERT INTO public.helpdesk_messages VALUES ('id-0015', 'T-4', 'An internal note', '2026-01-05 09:08:00+00', 'bob', true, false);


--
-- Data for Name: helpdesk_meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_meta VALUES ('id_type', 'str');


--
-- Data for Name: helpdesk_outbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_outbox VALUES (14, 'id-0021', 'T-4', 'pat', 'email', 'stage', NULL, 'solved', 'Solved: Ticket 4: l''encre – né 🖨', 'By ', '2026-01-05 09:08:00+00', 0, 'pending', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (15, 'id-0022', 'T-8', 'pia', 'email', 'stage', NULL, 'solved', 'Solved: Ticket 8: l''encre – né 🖨', 'By ', '2026-01-05 09:08:00+00', 0, 'pending', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (1, 'id-0001', 'T-2', 'ann', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:02:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (2, 'id-0002', 'T-2', 'bob', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:02:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (3, 'id-0003', 'T-2', 'cyd', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:02:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (5, 'id-0005', 'T-4', 'pat', 'email', 'stage', NULL, 'new', 'Received: Ticket 4: l''encre – né 🖨', 'Dear Pat', '2026-01-05 09:04:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (6, 'id-0006', 'T-6', 'ann', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:06:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (7, 'id-0007', 'T-6', 'bob', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:06:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (8, 'id-0008', 'T-6', 'cyd', 'email', 'opened', NULL, NULL, NULL, NULL, '2026-01-05 09:06:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (10, 'id-0010', 'T-7', 'con', 'email', 'stage', NULL, 'new', 'Received: Ticket 7: l''encre – né 🖨', 'Dear Con', '2026-01-05 09:07:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (11, 'id-0011', 'T-8', 'pia', 'email', 'stage', NULL, 'new', 'Received: Ticket 8: l''encre – né 🖨', 'Dear Pia', '2026-01-05 09:08:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (12, 'id-0014', 'T-4', 'bob', 'email', 'update', 'id-0012', NULL, NULL, NULL, '2026-01-05 09:08:00+00', 1, 'sent', NULL, NULL, false, NULL, NULL);
INSERT INTO public.helpdesk_outbox VALUES (4, 'id-0004', 'T-2', 'bob', 'email', 'assigned', NULL, NULL, NULL, NULL, '2026-01-05 09:02:00+00', 1, 'pending', '2026-01-05 09:10:00+00', NULL, false, 'NotifierError', NULL);
INSERT INTO public.helpdesk_outbox VALUES (9, 'id-0009', 'T-6', 'cyd', 'email', 'assigned', NULL, NULL, NULL, NULL, '2026-01-05 09:06:00+00', 1, 'pending', '2026-01-05 09:10:00+00', NULL, false, 'NotifierError', NULL);
INSERT INTO public.helpdesk_outbox VALUES (13, 'id-0020', 'T-1', 'bob', 'email', 'assigned', NULL, NULL, NULL, NULL, '2026-01-05 09:08:00+00', 1, 'pending', '2026-01-05 09:10:00+00', NULL, false, 'NotifierError', NULL);


--
-- Data for Name: helpdesk_similar_teams; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_similar_teams VALUES (0, NULL, 7);
INSERT INTO public.helpdesk_similar_teams VALUES (1, 'company', 2);
INSERT INTO public.helpdesk_similar_teams VALUES (2, 'public', 2);
INSERT INTO public.helpdesk_similar_teams VALUES (3, 'auto', 1);
INSERT INTO public.helpdesk_similar_teams VALUES (4, 'private', 2);


--
-- Data for Name: helpdesk_similar_tickets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_similar_tickets VALUES (1, 'T-1', 1, NULL, '2026-01-05 09:01:00+00', '["Né","ink"]', 'another subject line one two three four 100', '\x0606040404040404', '\xffff', '''1001'' ''another1'' ''another1'' ''four1'' ''line1'' ''one1'' ''subject1'' ''subject1'' ''three1'' ''two1''');
INSERT INTO public.helpdesk_similar_tickets VALUES (2, 'T-2', 3, NULL, '2026-01-05 09:02:00+00', '[]', 'ticket 2 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1003'' ''23'' ''23'' ''encre3'' ''encre3'' ''four3'' ''line3'' ''l3'' ''l3'' ''ne3'' ''ne3'' ''one3'' ''three3'' ''ticket3'' ''ticket3'' ''two3''');
INSERT INTO public.helpdesk_similar_tickets VALUES (3, 'T-3', 4, NULL, '2026-01-05 09:03:00+00', '["Né","ink"]', 'ticket 3 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1004'' ''34'' ''34'' ''encre4'' ''encre4'' ''four4'' ''line4'' ''l4'' ''l4'' ''ne4'' ''ne4'' ''one4'' ''three4'' ''ticket4'' ''ticket4'' ''two4''');
INSERT INTO public.helpdesk_similar_tickets VALUES (4, 'T-4', 2, 'pat', '2026-01-05 09:04:00+00', '[]', 'ticket 4 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1002'' ''42'' ''42'' ''encre2'' ''encre2'' ''four2'' ''line2'' ''l2'' ''l2'' ''ne2'' ''ne2'' ''one2'' ''three2'' ''ticket2'' ''ticket2'' ''two2''');
INSERT INTO public.helpdesk_similar_tickets VALUES (5, 'T-5', 1, NULL, '2026-01-05 09:05:00+00', '["Né","ink"]', 'ticket 5 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1001'' ''51'' ''51'' ''encre1'' ''encre1'' ''four1'' ''line1'' ''l1'' ''l1'' ''ne1'' ''ne1'' ''one1'' ''three1'' ''ticket1'' ''ticket1'' ''two1''');
INSERT INTO public.helpdesk_similar_tickets VALUES (6, 'T-7', 4, 'con', '2026-01-05 09:07:00+00', '["Né","ink"]', 'ticket 7 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1004'' ''74'' ''74'' ''encre4'' ''encre4'' ''four4'' ''line4'' ''l4'' ''l4'' ''ne4'' ''ne4'' ''one4'' ''three4'' ''ticket4'' ''ticket4'' ''two4''');
INSERT INTO public.helpdesk_similar_tickets VALUES (7, 'T-8', 2, 'pia', '2026-01-05 09:08:00+00', '[]', 'ticket 8 l encre ne line one two three four 100', '\x0707070707040404040404', '\xffffffffff', '''1002'' ''82'' ''82'' ''encre2'' ''encre2'' ''four2'' ''line2'' ''l2'' ''l2'' ''ne2'' ''ne2'' ''one2'' ''three2'' ''ticket2'' ''ticket2'' ''two2''');


--
-- Data for Name: helpdesk_similar_words; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_similar_words VALUES (0, '100', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (0, '2', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, '3', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, '4', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, '5', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, '7', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, '8', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'another', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'encre', 6, 6);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'four', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'l', 6, 6);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'line', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'ne', 6, 6);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'one', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'subject', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'three', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'ticket', 6, 6);
INSERT INTO public.helpdesk_similar_words VALUES (0, 'two', 7, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, '100', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, '5', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'another', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'encre', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'four', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'l', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'line', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'ne', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'one', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'subject', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'three', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'ticket', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (1, 'two', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, '100', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, '4', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (2, '8', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'encre', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'four', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'l', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'line', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'ne', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'one', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'three', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'ticket', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (2, 'two', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, '100', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, '2', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'encre', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'four', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'l', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'line', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'ne', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'one', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'three', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'ticket', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (3, 'two', 1, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, '100', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, '3', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (4, '7', 1, 1);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'encre', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'four', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'l', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'line', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'ne', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'one', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'three', 2, 0);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'ticket', 2, 2);
INSERT INTO public.helpdesk_similar_words VALUES (4, 'two', 2, 0);


--
-- Data for Name: helpdesk_stage_counts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_stage_counts VALUES ('private', 'new', 2, 2, 0);
INSERT INTO public.helpdesk_stage_counts VALUES ('public', 'working', 1, 1, 0);
INSERT INTO public.helpdesk_stage_counts VALUES ('public', 'new', 0, 0, 0);
INSERT INTO public.helpdesk_stage_counts VALUES ('public', 'solved', 1, 1, 0);
INSERT INTO public.helpdesk_stage_counts VALUES ('company', 'new', 2, 1, 0);
INSERT INTO public.helpdesk_stage_counts VALUES ('auto', 'new', 1, 0, 0);


--
-- Data for Name: helpdesk_stages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_stages VALUES (1, 'new', 'New', 0, '', false, '{"subject":"Received: ${ticket.subject}","text":"Dear ${customer.name}","html":null,"translations":{}}', NULL, false);
INSERT INTO public.helpdesk_stages VALUES (2, 'working', 'Working', 1, '', false, NULL, NULL, false);
INSERT INTO public.helpdesk_stages VALUES (3, 'solved', 'Solved', 2, '', true, '{"subject":"Solved: ${ticket.subject}","text":"By ${assignee.name}","html":null,"translations":{}}', '{"text":"${ticket.subject}: solved","translations":{}}', false);
INSERT INTO public.helpdesk_stages VALUES (4, 'cancelled', 'Cancelled', 3, '', true, NULL, NULL, false);


--
-- Data for Name: helpdesk_team_follows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_team_follows VALUES ('auto', 'ann', 'member');
INSERT INTO public.helpdesk_team_follows VALUES ('auto', 'bob', 'member');
INSERT INTO public.helpdesk_team_follows VALUES ('auto', 'cyd', 'member');
INSERT INTO public.helpdesk_team_follows VALUES ('public', 'bob', 'chosen');


--
-- Data for Name: helpdesk_team_stages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_team_stages VALUES ('private', 'solved');
INSERT INTO public.helpdesk_team_stages VALUES ('private', 'cancelled');
INSERT INTO public.helpdesk_team_stages VALUES ('private', 'new');
INSERT INTO public.helpdesk_team_stages VALUES ('private', 'working');
INSERT INTO public.helpdesk_team_stages VALUES ('company', 'solved');
INSERT INTO public.helpdesk_team_stages VALUES ('company', 'cancelled');
INSERT INTO public.helpdesk_team_stages VALUES ('company', 'new');
INSERT INTO public.helpdesk_team_stages VALUES ('company', 'working');
INSERT INTO public.helpdesk_team_stages VALUES ('public', 'solved');
INSERT INTO public.helpdesk_team_stages VALUES ('public', 'cancelled');
INSERT INTO public.helpdesk_team_stages VALUES ('public', 'new');
INSERT INTO public.helpdesk_team_stages VALUES ('public', 'working');
INSERT INTO public.helpdesk_team_stages VALUES ('auto', 'solved');
INSERT INTO public.helpdesk_team_stages VALUES ('auto', 'cancelled');
INSERT INTO public.helpdesk_team_stages VALUES ('auto', 'new');
INSERT INTO public.helpdesk_team_stages VALUES ('auto', 'working');


--
-- Data for Name: helpdesk_teams; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_teams VALUES (1, 'private', 'The private team', 'private', '', '', '["ann","bob","cyd"]', false, 'equal_tickets', 'team', 'P0DT0.000000S', 'P366DT0.000000S', false, 1, 'assign_now', 'full', '[]', 'reopen', 'P30DT0.000000S');
INSERT INTO public.helpdesk_teams VALUES (2, 'company', 'The company team', 'company', '', '', '["ann","bob","cyd"]', false, 'equal_tickets', 'team', 'P0DT0.000000S', 'P366DT0.000000S', false, 1, 'assign_now', 'full', '[]', 'reopen', 'P30DT0.000000S');
INSERT INTO public.helpdesk_teams VALUES (4, 'auto', 'The auto team', 'company', '', '', '["ann","bob","cyd"]', true, 'equal_tickets', 'team', 'P0DT0.000000S', 'P366DT0.000000S', true, 1, 'defer', 'none', '[["bob",{"capacity":9,"weight":2,"tags":["Né","ink"]}]]', 'reopen', 'P30DT0.000000S');
INSERT INTO public.helpdesk_teams VALUES (3, 'public', 'The public team', 'company', '', '', '["ann","bob","cyd"]', false, 'equal_tickets', 'team', 'P0DT0.000000S', 'P366DT0.000000S', false, 1, 'assign_now', 'full', '[]', 'reopen', 'P30DT0.000000S');


--
-- Data for Name: helpdesk_texts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_texts VALUES (2, 'T-2', NULL, false, '''100'' ''2'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (3, 'T-3', NULL, false, '''100'' ''3'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (4, 'T-4', NULL, false, '''100'' ''4'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (5, 'T-5', NULL, false, '''100'' ''5'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (6, 'T-6', NULL, false, '''100'' ''6'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (7, 'T-7', NULL, false, '''100'' ''7'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (8, 'T-8', NULL, false, '''100'' ''8'' ''encre'' ''four'' ''l'' ''line'' ''ne'' ''one'' ''three'' ''ticket'' ''two''');
INSERT INTO public.helpdesk_texts VALUES (9, 'T-4', 'id-0012', false, '''here'' ''it'' ''s'' ''says''');
INSERT INTO public.helpdesk_texts VALUES (10, 'T-4', 'id-0015', true, '''an'' ''internal'' ''note''');
INSERT INTO public.helpdesk_texts VALUES (1, 'T-1', NULL, false, '''100'' ''another'' ''four'' ''line'' ''one'' ''subject'' ''three'' ''two''');


--
-- Data for Name: helpdesk_ticket_follows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_ticket_follows VALUES ('T-2', 'bob', 'assigned');
INSERT INTO public.helpdesk_ticket_follows VALUES ('T-6', 'cyd', 'assigned');
INSERT INTO public.helpdesk_ticket_follows VALUES ('T-1', 'pia', 'chosen');
INSERT INTO public.helpdesk_ticket_follows VALUES ('T-1', 'bob', 'assigned');
INSERT INTO public.helpdesk_ticket_follows VALUES ('T-2', 'cyd', 'chosen');


--
-- Data for Name: helpdesk_ticket_tags; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_ticket_tags VALUES ('T-1', 'ink');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-1', 'Né');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-3', 'ink');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-3', 'Né');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-5', 'ink');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-5', 'Né');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-7', 'ink');
INSERT INTO public.helpdesk_ticket_tags VALUES ('T-7', 'Né');


--
-- Data for Name: helpdesk_tickets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_tickets VALUES ('T-3', 'private', 'new', 'Ticket 3: l''encre – né 🖨', '2026-01-05 09:03:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, NULL, NULL, NULL, false, 3, '[]', '[]', NULL, NULL, 1, '4ifzgHUFH63Fmjs5V', '{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO public.helpdesk_tickets VALUES ('T-7', 'private', 'new', 'Ticket 7: l''encre – né 🖨', '2026-01-05 09:07:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, 'con', NULL, NULL, false, 3, '[]', '[]', NULL, NULL, 1, '4ifzgXjGEq0J9OAQV', '{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO public.helpdesk_tickets VALUES ('T-1', 'company', 'new', 'Another subject', '2026-01-05 09:01:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, NULL, 'bob', NULL, false, 1, '[]', '[]', NULL, NULL, 4, '4ifzg9MjnE4MAXDnV', '{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO public.helpdesk_tickets VALUES ('T-5', 'company', 'new', 'Ticket 5: l''encre – né 🖨', '2026-01-05 09:05:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, NULL, NULL, NULL, false, 1, '[]', '[]', NULL, NULL, 3, '4ifzgPbkky1EYlq0V', '{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO public.helpdesk_tickets VALUES ('T-6', 'auto', 'new', 'Ticket 6: l''encre – né 🖨', '2026-01-05 09:06:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, NULL, 'cyd', NULL, false, 2, '[]', '[]', NULL, 'T-2', 2, '4ifzgTfVUu0I1QiPV', '{}');
INSERT INTO public.helpdesk_tickets VALUES ('T-2', 'auto', 'new', 'Ticket 2: l''encre – né 🖨', '2026-01-05 09:02:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, NULL, 'bob', NULL, false, 2, '[]', '[]', NULL, NULL, 2, '4ifzgDQUXA0rYKoLV', '{}');
INSERT INTO public.helpdesk_tickets VALUES ('T-4', 'public', 'working', 'Ticket 4: l''encre – né 🖨', '2026-01-05 09:04:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, 'pat', NULL, NULL, false, 0, '[]', '[]', NULL, NULL, 9, '4ifzgLY0121KQovxV', '{}');
INSERT INTO public.helpdesk_tickets VALUES ('T-8', 'public', 'solved', 'Ticket 8: l''encre – né 🖨', '2026-01-05 09:08:00+00', 'Line one
	two; ''three'' \ "four" 100%', NULL, 'pia', NULL, NULL, false, 0, '[]', '[]', '2026-01-05 09:08:00+00', NULL, 3, '4ifzgbn0ym20KTzkV', '{}');


--
-- Data for Name: helpdesk_time_entries; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_time_entries VALUES ('id-0019', 'T-4', 'bob', 25, '2026-01-05 09:08:00+00', 'on the telephone');


--
-- Data for Name: helpdesk_users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_users VALUES (1, 'ann', 'Ann', 'internal', '["agent"]', true, 'ann@example.com', NULL, '', 'en', 'ann@example.com');
INSERT INTO public.helpdesk_users VALUES (2, 'bob', 'Bob', 'internal', '["agent"]', true, 'bob@example.com', NULL, '', 'en', 'bob@example.com');
INSERT INTO public.helpdesk_users VALUES (3, 'cyd', 'Cyd', 'internal', '["agent"]', true, 'cyd@example.com', NULL, '', 'en', 'cyd@example.com');
INSERT INTO public.helpdesk_users VALUES (4, 'emp', 'Emp', 'internal', '[]', true, 'emp@example.com', NULL, '', 'en', 'emp@example.com');
INSERT INTO public.helpdesk_users VALUES (5, 'lea', 'Lea', 'internal', '["agent","team_lead"]', true, 'lea@example.com', NULL, '', 'en', 'lea@example.com');
INSERT INTO public.helpdesk_users VALUES (6, 'root', 'Root', 'internal', '["administrator"]', true, 'root@example.com', NULL, '', 'en', 'root@example.com');
INSERT INTO public.helpdesk_users VALUES (7, 'pat', 'Pat', 'portal', '[]', true, 'pat@example.com', NULL, '', 'en', 'pat@example.com');
INSERT INTO public.helpdesk_users VALUES (8, 'pia', 'Pia', 'portal', '[]', true, 'pia@example.com', NULL, '', 'en', 'pia@example.com');
INSERT INTO public.helpdesk_users VALUES (9, 'con', 'Con', 'contact', '[]', true, 'con@example.com', '+39 055 123', '', 'en', 'con@example.com');


--
-- Data for Name: helpdesk_workloads; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.helpdesk_workloads VALUES ('auto', 'bob', 1, 1, 0, 1);
INSERT INTO public.helpdesk_workloads VALUES ('company', 'bob', 1, 1, 0, 1);
INSERT INTO public.helpdesk_workloads VALUES ('auto', 'cyd', 0, 0, 0, 2);


--
-- Name: helpdesk_events_sequence_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_events_sequence_seq', 72, true);


--
-- Name: helpdesk_merges_sequence_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_merges_sequence_seq', 2, true);


--
-- Name: helpdesk_outbox_sequence_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_outbox_sequence_seq', 15, true);


--
-- Name: helpdesk_similar_teams_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_similar_teams_number_seq', 4, true);


--
-- Name: helpdesk_similar_tickets_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_similar_tickets_number_seq', 7, true);


--
-- Name: helpdesk_stages_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_stages_number_seq', 4, true);


--
-- Name: helpdesk_teams_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_teams_number_seq', 4, true);


--
-- Name: helpdesk_texts_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_texts_number_seq', 10, true);


--
-- Name: helpdesk_users_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.helpdesk_users_number_seq', 9, true);


--
-- Name: helpdesk_alembic_version helpdesk_alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_alembic_version
    ADD CONSTRAINT helpdesk_alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: helpdesk_attachments pk_helpdesk_attachments; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_attachments
    ADD CONSTRAINT pk_helpdesk_attachments PRIMARY KEY (id);


--
-- Name: helpdesk_catching_up pk_helpdesk_catching_up; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_catching_up
    ADD CONSTRAINT pk_helpdesk_catching_up PRIMARY KEY (team_id);


--
-- Name: helpdesk_discards pk_helpdesk_discards; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_discards
    ADD CONSTRAINT pk_helpdesk_discards PRIMARY KEY (first_id, second_id);


--
-- Name: helpdesk_events pk_helpdesk_events; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_events
    ADD CONSTRAINT pk_helpdesk_events PRIMARY KEY (sequence);


--
-- Name: helpdesk_keys pk_helpdesk_keys; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_keys
    ADD CONSTRAINT pk_helpdesk_keys PRIMARY KEY (key);


--
-- Name: helpdesk_mails pk_helpdesk_mails; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_mails
    ADD CONSTRAINT pk_helpdesk_mails PRIMARY KEY (id);


--
-- Name: helpdesk_merge_tickets pk_helpdesk_merge_tickets; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_merge_tickets
    ADD CONSTRAINT pk_helpdesk_merge_tickets PRIMARY KEY (merge_id, ticket_id);


--
-- Name: helpdesk_merges pk_helpdesk_merges; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_merges
    ADD CONSTRAINT pk_helpdesk_merges PRIMARY KEY (sequence);


--
-- Name: helpdesk_messages pk_helpdesk_messages; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_messages
    ADD CONSTRAINT pk_helpdesk_messages PRIMARY KEY (id);


--
-- Name: helpdesk_meta pk_helpdesk_meta; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_meta
    ADD CONSTRAINT pk_helpdesk_meta PRIMARY KEY (name);


--
-- Name: helpdesk_outbox pk_helpdesk_outbox; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_outbox
    ADD CONSTRAINT pk_helpdesk_outbox PRIMARY KEY (sequence);


--
-- Name: helpdesk_similar_teams pk_helpdesk_similar_teams; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_teams
    ADD CONSTRAINT pk_helpdesk_similar_teams PRIMARY KEY (number);


--
-- Name: helpdesk_similar_tickets pk_helpdesk_similar_tickets; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_tickets
    ADD CONSTRAINT pk_helpdesk_similar_tickets PRIMARY KEY (number);


--
-- Name: helpdesk_similar_words pk_helpdesk_similar_words; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_words
    ADD CONSTRAINT pk_helpdesk_similar_words PRIMARY KEY (team, word);


--
-- Name: helpdesk_stage_counts pk_helpdesk_stage_counts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_stage_counts
    ADD CONSTRAINT pk_helpdesk_stage_counts PRIMARY KEY (team_id, stage_id);


--
-- Name: helpdesk_stages pk_helpdesk_stages; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_stages
    ADD CONSTRAINT pk_helpdesk_stages PRIMARY KEY (number);


--
-- Name: helpdesk_team_follows pk_helpdesk_team_follows; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_team_follows
    ADD CONSTRAINT pk_helpdesk_team_follows PRIMARY KEY (team_id, user_id, source);


--
-- Name: helpdesk_team_stages pk_helpdesk_team_stages; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_team_stages
    ADD CONSTRAINT pk_helpdesk_team_stages PRIMARY KEY (team_id, stage_id);


--
-- Name: helpdesk_teams pk_helpdesk_teams; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_teams
    ADD CONSTRAINT pk_helpdesk_teams PRIMARY KEY (number);


--
-- Name: helpdesk_texts pk_helpdesk_texts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_texts
    ADD CONSTRAINT pk_helpdesk_texts PRIMARY KEY (number);


--
-- Name: helpdesk_ticket_follows pk_helpdesk_ticket_follows; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_ticket_follows
    ADD CONSTRAINT pk_helpdesk_ticket_follows PRIMARY KEY (ticket_id, user_id, source);


--
-- Name: helpdesk_ticket_tags pk_helpdesk_ticket_tags; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_ticket_tags
    ADD CONSTRAINT pk_helpdesk_ticket_tags PRIMARY KEY (ticket_id, tag);


--
-- Name: helpdesk_tickets pk_helpdesk_tickets; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_tickets
    ADD CONSTRAINT pk_helpdesk_tickets PRIMARY KEY (id);


--
-- Name: helpdesk_time_entries pk_helpdesk_time_entries; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_time_entries
    ADD CONSTRAINT pk_helpdesk_time_entries PRIMARY KEY (id);


--
-- Name: helpdesk_users pk_helpdesk_users; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_users
    ADD CONSTRAINT pk_helpdesk_users PRIMARY KEY (number);


--
-- Name: helpdesk_workloads pk_helpdesk_workloads; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_workloads
    ADD CONSTRAINT pk_helpdesk_workloads PRIMARY KEY (team_id, member_id);


--
-- Name: helpdesk_merges uq_helpdesk_merges_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_merges
    ADD CONSTRAINT uq_helpdesk_merges_id UNIQUE (id);


--
-- Name: helpdesk_outbox uq_helpdesk_outbox_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_outbox
    ADD CONSTRAINT uq_helpdesk_outbox_key UNIQUE (key);


--
-- Name: helpdesk_similar_teams uq_helpdesk_similar_teams_team_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_teams
    ADD CONSTRAINT uq_helpdesk_similar_teams_team_id UNIQUE (team_id);


--
-- Name: helpdesk_similar_tickets uq_helpdesk_similar_tickets_ticket_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_similar_tickets
    ADD CONSTRAINT uq_helpdesk_similar_tickets_ticket_id UNIQUE (ticket_id);


--
-- Name: helpdesk_stages uq_helpdesk_stages_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_stages
    ADD CONSTRAINT uq_helpdesk_stages_id UNIQUE (id);


--
-- Name: helpdesk_teams uq_helpdesk_teams_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_teams
    ADD CONSTRAINT uq_helpdesk_teams_id UNIQUE (id);


--
-- Name: helpdesk_users uq_helpdesk_users_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_users
    ADD CONSTRAINT uq_helpdesk_users_id UNIQUE (id);


--
-- Name: ix_helpdesk_attachments_ticket_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_attachments_ticket_id_at ON public.helpdesk_attachments USING btree (ticket_id, at);


--
-- Name: ix_helpdesk_discards_second_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_discards_second_id ON public.helpdesk_discards USING btree (second_id);


--
-- Name: ix_helpdesk_events_ticket_id_at_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_events_ticket_id_at_sequence ON public.helpdesk_events USING btree (ticket_id, at, sequence);


--
-- Name: ix_helpdesk_events_ticket_id_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_events_ticket_id_sequence ON public.helpdesk_events USING btree (ticket_id, sequence);


--
-- Name: ix_helpdesk_keys_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_keys_at ON public.helpdesk_keys USING btree (at);


--
-- Name: ix_helpdesk_mails_mail_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_mails_mail_id ON public.helpdesk_mails USING btree (mail_id);


--
-- Name: ix_helpdesk_mails_sender_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_mails_sender_id_at ON public.helpdesk_mails USING btree (sender_id, at);


--
-- Name: ix_helpdesk_mails_ticket_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_mails_ticket_id_at ON public.helpdesk_mails USING btree (ticket_id, at);


--
-- Name: ix_helpdesk_merge_tickets_ticket_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_merge_tickets_ticket_id ON public.helpdesk_merge_tickets USING btree (ticket_id);


--
-- Name: ix_helpdesk_messages_ticket_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_messages_ticket_id_at ON public.helpdesk_messages USING btree (ticket_id, at);


--
-- Name: ix_helpdesk_outbox_recipient_id_held_until; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_outbox_recipient_id_held_until ON public.helpdesk_outbox USING btree (recipient_id, held_until) WHERE ((status)::text = 'held'::text);


--
-- Name: ix_helpdesk_outbox_status_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_outbox_status_sequence ON public.helpdesk_outbox USING btree (status, sequence);


--
-- Name: ix_helpdesk_outbox_ticket_id_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_outbox_ticket_id_sequence ON public.helpdesk_outbox USING btree (ticket_id, sequence) WHERE ((status)::text = 'pending'::text);


--
-- Name: ix_helpdesk_similar_tickets_words; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_similar_tickets_words ON public.helpdesk_similar_tickets USING gin (words) WITH (fastupdate=off);


--
-- Name: ix_helpdesk_team_follows_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_team_follows_user_id ON public.helpdesk_team_follows USING btree (user_id);


--
-- Name: ix_helpdesk_team_stages_stage_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_team_stages_stage_id ON public.helpdesk_team_stages USING btree (stage_id);


--
-- Name: ix_helpdesk_texts_ticket_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_texts_ticket_id ON public.helpdesk_texts USING btree (ticket_id);


--
-- Name: ix_helpdesk_texts_words; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_texts_words ON public.helpdesk_texts USING gin (words);


--
-- Name: ix_helpdesk_ticket_follows_user_id_ticket_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_ticket_follows_user_id_ticket_id ON public.helpdesk_ticket_follows USING btree (user_id, ticket_id);


--
-- Name: ix_helpdesk_ticket_tags_tag_ticket_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_ticket_tags_tag_ticket_id ON public.helpdesk_ticket_tags USING btree (tag, ticket_id);


--
-- Name: ix_helpdesk_tickets_assignee_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_assignee_id ON public.helpdesk_tickets USING btree (assignee_id);


--
-- Name: ix_helpdesk_tickets_created_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_created_at_id ON public.helpdesk_tickets USING btree (created_at, id);


--
-- Name: ix_helpdesk_tickets_customer_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_customer_id ON public.helpdesk_tickets USING btree (customer_id);


--
-- Name: ix_helpdesk_tickets_in_column; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_in_column ON public.helpdesk_tickets USING btree (stage_id, rank, id);


--
-- Name: ix_helpdesk_tickets_merged_into; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_merged_into ON public.helpdesk_tickets USING btree (merged_into) WHERE (merged_into IS NOT NULL);


--
-- Name: ix_helpdesk_tickets_of_team_in_column; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_of_team_in_column ON public.helpdesk_tickets USING btree (team_id, stage_id, rank, id);


--
-- Name: ix_helpdesk_tickets_waiting_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_tickets_waiting_created_at ON public.helpdesk_tickets USING btree (waiting, created_at);


--
-- Name: ix_helpdesk_time_entries_ticket_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_time_entries_ticket_id_at ON public.helpdesk_time_entries USING btree (ticket_id, at);


--
-- Name: ix_helpdesk_users_address; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_users_address ON public.helpdesk_users USING btree (address);


--
-- Name: ix_helpdesk_users_kind_active; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_helpdesk_users_kind_active ON public.helpdesk_users USING btree (kind, active);


--
-- Name: helpdesk_attachments fk_helpdesk_attachments_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_attachments
    ADD CONSTRAINT fk_helpdesk_attachments_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_catching_up fk_helpdesk_catching_up_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_catching_up
    ADD CONSTRAINT fk_helpdesk_catching_up_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- Name: helpdesk_mails fk_helpdesk_mails_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_mails
    ADD CONSTRAINT fk_helpdesk_mails_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_merge_tickets fk_helpdesk_merge_tickets_merge_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_merge_tickets
    ADD CONSTRAINT fk_helpdesk_merge_tickets_merge_id FOREIGN KEY (merge_id) REFERENCES public.helpdesk_merges(id);


--
-- Name: helpdesk_messages fk_helpdesk_messages_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_messages
    ADD CONSTRAINT fk_helpdesk_messages_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_stage_counts fk_helpdesk_stage_counts_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_stage_counts
    ADD CONSTRAINT fk_helpdesk_stage_counts_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- Name: helpdesk_team_follows fk_helpdesk_team_follows_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_team_follows
    ADD CONSTRAINT fk_helpdesk_team_follows_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- Name: helpdesk_team_stages fk_helpdesk_team_stages_stage_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_team_stages
    ADD CONSTRAINT fk_helpdesk_team_stages_stage_id FOREIGN KEY (stage_id) REFERENCES public.helpdesk_stages(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: helpdesk_team_stages fk_helpdesk_team_stages_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_team_stages
    ADD CONSTRAINT fk_helpdesk_team_stages_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- Name: helpdesk_texts fk_helpdesk_texts_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_texts
    ADD CONSTRAINT fk_helpdesk_texts_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_ticket_follows fk_helpdesk_ticket_follows_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_ticket_follows
    ADD CONSTRAINT fk_helpdesk_ticket_follows_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_ticket_tags fk_helpdesk_ticket_tags_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_ticket_tags
    ADD CONSTRAINT fk_helpdesk_ticket_tags_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_tickets fk_helpdesk_tickets_merged_into; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_tickets
    ADD CONSTRAINT fk_helpdesk_tickets_merged_into FOREIGN KEY (merged_into) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_tickets fk_helpdesk_tickets_stage_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_tickets
    ADD CONSTRAINT fk_helpdesk_tickets_stage_id FOREIGN KEY (stage_id) REFERENCES public.helpdesk_stages(id);


--
-- Name: helpdesk_tickets fk_helpdesk_tickets_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_tickets
    ADD CONSTRAINT fk_helpdesk_tickets_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- Name: helpdesk_time_entries fk_helpdesk_time_entries_ticket_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_time_entries
    ADD CONSTRAINT fk_helpdesk_time_entries_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.helpdesk_tickets(id);


--
-- Name: helpdesk_workloads fk_helpdesk_workloads_team_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.helpdesk_workloads
    ADD CONSTRAINT fk_helpdesk_workloads_team_id FOREIGN KEY (team_id) REFERENCES public.helpdesk_teams(id);


--
-- PostgreSQL database dump complete
--


