"""A host's own tables, older than this library: no stages, versions, outbox or closing times.

Followers are a person or an address, and may be there twice; a status is a number. Other programs
write to the same tables.
"""

TABLES = """
CREATE TABLE person (id INTEGER PRIMARY KEY, full_name TEXT, email TEXT, mobile TEXT, org TEXT,
    lang TEXT, login INTEGER, staff INTEGER, agent INTEGER, lead INTEGER, superuser INTEGER,
    is_active INTEGER, password_hash TEXT DEFAULT 'x');
CREATE TABLE queue (id INTEGER PRIMARY KEY, title TEXT, org TEXT, blurb TEXT,
    allow_public INTEGER, mail_box TEXT DEFAULT 'inbox');
CREATE TABLE queue_member (queue_id INTEGER, person_id INTEGER);
CREATE TABLE ticket (id INTEGER PRIMARY KEY, queue_id INTEGER, status INTEGER, title TEXT,
    opened TEXT, body TEXT, submitter_id INTEGER, creator_id INTEGER, assigned_to INTEGER,
    urgency INTEGER, due TEXT, custom_field TEXT);
CREATE TABLE ticket_cc (ticket_id INTEGER, person_id INTEGER, email TEXT);
CREATE TABLE followup (id INTEGER PRIMARY KEY, ticket_id INTEGER, at TEXT, comment TEXT,
    person_id INTEGER, private INTEGER, by_machine INTEGER);
CREATE TABLE upload (id INTEGER PRIMARY KEY, ticket_id INTEGER, filename TEXT, size INTEGER,
    sha TEXT, at TEXT, mime TEXT, person_id INTEGER, followup_id INTEGER, private INTEGER);
"""
