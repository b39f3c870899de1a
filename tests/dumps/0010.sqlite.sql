BEGIN TRANSACTION;
CREATE TABLE helpdesk_alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT helpdesk_alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "helpdesk_alembic_version" VALUES('0010');
CREATE TABLE helpdesk_attachments (
	id VARCHAR(200) NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	size BIGINT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	media_type VARCHAR(200) NOT NULL, 
	author_id VARCHAR(200), 
	message_id VARCHAR(200), 
	internal BOOLEAN NOT NULL, 
	CONSTRAINT pk_helpdesk_attachments PRIMARY KEY (id), 
	CONSTRAINT fk_helpdesk_attachments_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_attachments" VALUES('id-0017','T-4','a b.txt',3,'b728b7e775f708faf513b988271e39176d3efb8efcb6523124e0592d7c7b4165','2026-01-05 09:08:00.000000','application/octet-stream','bob',NULL,0);
INSERT INTO "helpdesk_attachments" VALUES('id-0018','T-4','note.txt',3,'b728b7e775f708faf513b988271e39176d3efb8efcb6523124e0592d7c7b4165','2026-01-05 09:08:00.000000','application/octet-stream','bob',NULL,1);
CREATE TABLE helpdesk_catching_up (
	team_id VARCHAR(200) NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	member_ids TEXT NOT NULL, 
	behind TEXT NOT NULL, 
	their_turn BOOLEAN NOT NULL, 
	CONSTRAINT pk_helpdesk_catching_up PRIMARY KEY (team_id), 
	CONSTRAINT fk_helpdesk_catching_up_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id)
);
INSERT INTO "helpdesk_catching_up" VALUES('auto','2026-01-05 09:06:00.000000','["ann","bob","cyd"]','[]',0);
CREATE TABLE helpdesk_discards (
	first_id VARCHAR(200) NOT NULL, 
	second_id VARCHAR(200) NOT NULL, 
	first_fingerprint TEXT NOT NULL, 
	second_fingerprint TEXT NOT NULL, 
	CONSTRAINT pk_helpdesk_discards PRIMARY KEY (first_id, second_id)
);
INSERT INTO "helpdesk_discards" VALUES('T-1','T-5','c8da5065214f8182d42e2227ec7dce191b7a4358279ddd302bb70e3a0af2152d','e0dacb9bf3e41b04552562ab015f2fc69d4e4a0d920293b2a86cfbbf14e270bc');
CREATE TABLE helpdesk_events (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	ticket_id VARCHAR(200), 
	team_id VARCHAR(200), 
	name VARCHAR(50) NOT NULL, 
	schema INTEGER NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	by_id VARCHAR(200), 
	by_system VARCHAR(200), 
	internal BOOLEAN NOT NULL, 
	data TEXT NOT NULL
);
INSERT INTO "helpdesk_events" VALUES(1,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"ann","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(2,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"bob","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(3,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"cyd","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(4,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"emp","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(5,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"lea","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(6,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"root","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(7,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"pat","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(8,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"pia","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(9,NULL,NULL,'UserChanged',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"con","fields":["id"]}');
INSERT INTO "helpdesk_events" VALUES(10,NULL,NULL,'StageCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(11,NULL,NULL,'StageCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"stage_id":"working"}');
INSERT INTO "helpdesk_events" VALUES(12,NULL,NULL,'StageCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"stage_id":"solved"}');
INSERT INTO "helpdesk_events" VALUES(13,NULL,NULL,'StageCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"stage_id":"cancelled"}');
INSERT INTO "helpdesk_events" VALUES(14,NULL,'private','TeamCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{}');
INSERT INTO "helpdesk_events" VALUES(15,NULL,'company','TeamCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{}');
INSERT INTO "helpdesk_events" VALUES(16,NULL,'public','TeamCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{}');
INSERT INTO "helpdesk_events" VALUES(17,NULL,'auto','TeamCreated',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{}');
INSERT INTO "helpdesk_events" VALUES(18,NULL,'auto','FollowerAdded',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"ann","source":"member"}');
INSERT INTO "helpdesk_events" VALUES(19,NULL,'auto','FollowerAdded',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"bob","source":"member"}');
INSERT INTO "helpdesk_events" VALUES(20,NULL,'auto','FollowerAdded',1,'2026-01-05 09:00:00.000000',NULL,'set-up of a test',1,'{"user_id":"cyd","source":"member"}');
INSERT INTO "helpdesk_events" VALUES(21,'T-1','company','TicketOpened',1,'2026-01-05 09:01:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(22,'T-1','company','StageMessageSkipped',1,'2026-01-05 09:01:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO "helpdesk_events" VALUES(23,'T-2','auto','TicketOpened',1,'2026-01-05 09:02:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(24,'T-2','auto','StageMessageSkipped',1,'2026-01-05 09:02:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO "helpdesk_events" VALUES(25,'T-2','auto','TicketAssigned',1,'2026-01-05 09:02:00.000000',NULL,'set-up of a test',1,'{"assignee_id":"bob","automatic":true,"code":"assignment.fewest_tickets","count":0,"tie_breaker":"member_order","available_from":null,"warning":null}');
INSERT INTO "helpdesk_events" VALUES(26,'T-3','private','TicketOpened',1,'2026-01-05 09:03:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(27,'T-3','private','StageMessageSkipped',1,'2026-01-05 09:03:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO "helpdesk_events" VALUES(28,'T-4','public','TicketOpened',1,'2026-01-05 09:04:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(29,'T-4','public','FollowerAdded',1,'2026-01-05 09:04:00.000000',NULL,'set-up of a test',1,'{"user_id":"pat","source":"customer"}');
INSERT INTO "helpdesk_events" VALUES(30,'T-4',NULL,'StageMessageSent',1,'2026-01-05 09:04:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email"}');
INSERT INTO "helpdesk_events" VALUES(31,'T-5','company','TicketOpened',1,'2026-01-05 09:05:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(32,'T-5','company','StageMessageSkipped',1,'2026-01-05 09:05:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO "helpdesk_events" VALUES(33,'T-6','auto','TicketOpened',1,'2026-01-05 09:06:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(34,'T-6','auto','StageMessageSkipped',1,'2026-01-05 09:06:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email","code":"stage.skipped.no_customer"}');
INSERT INTO "helpdesk_events" VALUES(35,'T-6','auto','TicketAssigned',1,'2026-01-05 09:06:00.000000',NULL,'set-up of a test',1,'{"assignee_id":"cyd","automatic":true,"code":"assignment.fewest_tickets","count":0,"tie_breaker":"fewest","available_from":null,"warning":null}');
INSERT INTO "helpdesk_events" VALUES(36,'T-7','private','TicketOpened',1,'2026-01-05 09:07:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(37,'T-7',NULL,'StageMessageSent',1,'2026-01-05 09:07:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email"}');
INSERT INTO "helpdesk_events" VALUES(38,'T-8','public','TicketOpened',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',0,'{"stage_id":"new"}');
INSERT INTO "helpdesk_events" VALUES(39,'T-8','public','FollowerAdded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"user_id":"pia","source":"customer"}');
INSERT INTO "helpdesk_events" VALUES(40,'T-8',NULL,'StageMessageSent',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"stage_id":"new","channel":"email"}');
INSERT INTO "helpdesk_events" VALUES(41,NULL,'public','FollowerAdded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"user_id":"bob","source":"chosen"}');
INSERT INTO "helpdesk_events" VALUES(42,'T-1','company','FollowerAdded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"user_id":"pia","source":"chosen"}');
INSERT INTO "helpdesk_events" VALUES(43,'T-4','public','MessagePosted',1,'2026-01-05 09:08:00.000000','pat',NULL,0,'{"message_id":"id-0012"}');
INSERT INTO "helpdesk_events" VALUES(44,'T-4','public','NotePosted',1,'2026-01-05 09:08:00.000000','bob',NULL,1,'{"message_id":"id-0015"}');
INSERT INTO "helpdesk_events" VALUES(45,'T-4','public','FileAttached',1,'2026-01-05 09:08:00.000000','bob',NULL,0,'{"attachment_id":"id-0017"}');
INSERT INTO "helpdesk_events" VALUES(46,'T-4','public','InternalFileAttached',1,'2026-01-05 09:08:00.000000','bob',NULL,1,'{"attachment_id":"id-0018"}');
INSERT INTO "helpdesk_events" VALUES(47,'T-4','public','TimeLogged',1,'2026-01-05 09:08:00.000000','bob',NULL,1,'{"time_entry_id":"id-0019"}');
INSERT INTO "helpdesk_events" VALUES(48,'T-1','company','TicketAssigned',1,'2026-01-05 09:08:00.000000','lea',NULL,1,'{"assignee_id":"bob","automatic":false,"code":"assignment.manual","count":null,"tie_breaker":null,"available_from":null,"warning":null}');
INSERT INTO "helpdesk_events" VALUES(49,'T-1','company','TicketChanged',1,'2026-01-05 09:08:00.000000','lea',NULL,0,'{"fields":["subject"]}');
INSERT INTO "helpdesk_events" VALUES(50,'T-4','public','TicketMoved',1,'2026-01-05 09:08:00.000000','bob',NULL,0,'{"from_stage_id":"new","to_stage_id":"solved"}');
INSERT INTO "helpdesk_events" VALUES(51,'T-4','public','TicketClosed',1,'2026-01-05 09:08:00.000000','bob',NULL,0,'{"stage_id":"solved"}');
INSERT INTO "helpdesk_events" VALUES(52,'T-4','public','StageMessageSkipped',1,'2026-01-05 09:08:00.000000','bob',NULL,1,'{"stage_id":"solved","channel":"sms","code":"stage.skipped.no_phone"}');
INSERT INTO "helpdesk_events" VALUES(53,'T-4',NULL,'StageMessageSent',1,'2026-01-05 09:08:00.000000','bob',NULL,1,'{"stage_id":"solved","channel":"email"}');
INSERT INTO "helpdesk_events" VALUES(54,'T-4','public','TicketMoved',1,'2026-01-05 09:08:00.000000','bob',NULL,0,'{"from_stage_id":"solved","to_stage_id":"working"}');
INSERT INTO "helpdesk_events" VALUES(55,'T-4','public','TicketReopened',1,'2026-01-05 09:08:00.000000','bob',NULL,0,'{"stage_id":"working"}');
INSERT INTO "helpdesk_events" VALUES(56,'T-8','public','TicketMoved',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',0,'{"from_stage_id":"new","to_stage_id":"solved"}');
INSERT INTO "helpdesk_events" VALUES(57,'T-8','public','TicketClosed',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',0,'{"stage_id":"solved"}');
INSERT INTO "helpdesk_events" VALUES(58,'T-8','public','StageMessageSkipped',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"stage_id":"solved","channel":"sms","code":"stage.skipped.no_phone"}');
INSERT INTO "helpdesk_events" VALUES(59,'T-8',NULL,'StageMessageSent',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"stage_id":"solved","channel":"email"}');
INSERT INTO "helpdesk_events" VALUES(60,'T-1','company','DuplicateDiscarded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"other_id":"T-5"}');
INSERT INTO "helpdesk_events" VALUES(61,'T-5','company','DuplicateDiscarded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"other_id":"T-1"}');
INSERT INTO "helpdesk_events" VALUES(62,'T-5','company','TicketMergedAway',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"master_id":"T-1","merge_id":"id-0023"}');
INSERT INTO "helpdesk_events" VALUES(63,'T-1','company','TicketsMerged',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"merge_id":"id-0023","merged_ids":["T-5"],"left_behind":[]}');
INSERT INTO "helpdesk_events" VALUES(64,'T-1','company','TicketsUnmerged',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"merge_id":"id-0023","merged_ids":["T-5"]}');
INSERT INTO "helpdesk_events" VALUES(65,'T-5','company','TicketsUnmerged',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"merge_id":"id-0023","merged_ids":["T-5"]}');
INSERT INTO "helpdesk_events" VALUES(66,'T-6','auto','TicketMergedAway',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"master_id":"T-2","merge_id":"id-0024"}');
INSERT INTO "helpdesk_events" VALUES(67,'T-2','auto','FollowerAdded',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"user_id":"cyd","source":"chosen"}');
INSERT INTO "helpdesk_events" VALUES(68,'T-2','auto','TicketsMerged',1,'2026-01-05 09:08:00.000000',NULL,'set-up of a test',1,'{"merge_id":"id-0024","merged_ids":["T-6"],"left_behind":[]}');
INSERT INTO "helpdesk_events" VALUES(69,NULL,'public','VisibilityChanged',1,'2026-01-05 09:09:00.000000',NULL,'set-up of a test',1,'{"from_visibility":"public","to_visibility":"company"}');
INSERT INTO "helpdesk_events" VALUES(70,NULL,'public','AccessNarrowed',1,'2026-01-05 09:09:00.000000',NULL,'set-up of a test',1,'{"user_ids":["pat","pia"]}');
INSERT INTO "helpdesk_events" VALUES(71,'T-4','public','FollowerRemoved',1,'2026-01-05 09:09:00.000000',NULL,'set-up of a test',1,'{"user_id":"pat","sources":["customer"],"code":"visibility.narrowed"}');
INSERT INTO "helpdesk_events" VALUES(72,'T-8','public','FollowerRemoved',1,'2026-01-05 09:09:00.000000',NULL,'set-up of a test',1,'{"user_id":"pia","sources":["customer"],"code":"visibility.narrowed"}');
CREATE TABLE helpdesk_keys (
	"key" TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	result TEXT NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	CONSTRAINT pk_helpdesk_keys PRIMARY KEY ("key")
);
INSERT INTO "helpdesk_keys" VALUES('str:lea:ticket.change:a key','6e574ad168e907dfecb49f544a3e076c332571ecf27c9ff61271d183caec807d','{"$":"Ticket","value":{"id":"T-1","team_id":"company","stage_id":"new","subject":"Another subject","created_at":"2026-01-05T09:01:00+00:00","description":"Line one\n\ttwo; ''three'' \\ \"four\" 100%","opener_id":null,"customer_id":null,"assignee_id":"bob","available_from":null,"waiting":false,"priority":1,"tags":["Né","ink"],"links":[],"references":[],"fields":{"cost":12.5,"paid":true,"serials":["A-7","Né"]},"followers":[["bob",["assigned"]],["pia",["chosen"]]],"closed_at":null,"merged_into":null,"rank":"4ifzg9MjnE4MAXDnV","version":4}}','2026-01-05 09:08:00.000000');
CREATE TABLE helpdesk_mails (
	id VARCHAR(200) NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	team_id VARCHAR(200) NOT NULL, 
	sender_id VARCHAR(200) NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	mail_id TEXT, 
	message_id VARCHAR(200), 
	subject TEXT NOT NULL, 
	quoted TEXT NOT NULL, 
	internal BOOLEAN NOT NULL, 
	automatic BOOLEAN NOT NULL, 
	CONSTRAINT pk_helpdesk_mails PRIMARY KEY (id), 
	CONSTRAINT fk_helpdesk_mails_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
CREATE TABLE helpdesk_merge_tickets (
	merge_id VARCHAR(200) NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_helpdesk_merge_tickets PRIMARY KEY (merge_id, ticket_id), 
	CONSTRAINT fk_helpdesk_merge_tickets_merge_id FOREIGN KEY(merge_id) REFERENCES helpdesk_merges (id)
);
INSERT INTO "helpdesk_merge_tickets" VALUES('id-0023','T-1');
INSERT INTO "helpdesk_merge_tickets" VALUES('id-0023','T-5');
INSERT INTO "helpdesk_merge_tickets" VALUES('id-0024','T-2');
INSERT INTO "helpdesk_merge_tickets" VALUES('id-0024','T-6');
CREATE TABLE helpdesk_merges (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(200) NOT NULL, 
	master_id VARCHAR(200) NOT NULL, 
	merged_ids TEXT NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	changes TEXT NOT NULL, 
	undone_at VARCHAR(26), 
	CONSTRAINT uq_helpdesk_merges_id UNIQUE (id)
);
INSERT INTO "helpdesk_merges" VALUES(1,'id-0023','T-1','["T-5"]','2026-01-05 09:08:00.000000','[{"$":"SetField","value":{"kind":"ticket","id":"T-5","field":"merged_into","expected":null,"value":"T-1"}}]','2026-01-05 09:08:00.000000');
INSERT INTO "helpdesk_merges" VALUES(2,'id-0024','T-2','["T-6"]','2026-01-05 09:08:00.000000','[{"$":"SetField","value":{"kind":"ticket","id":"T-6","field":"merged_into","expected":null,"value":"T-2"}},{"$":"AddFollow","value":{"kind":"ticket","id":"T-2","user_id":"cyd","source":"chosen"}}]',NULL);
CREATE TABLE helpdesk_messages (
	id VARCHAR(200) NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	body TEXT NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	author_id VARCHAR(200), 
	internal BOOLEAN NOT NULL, 
	automatic BOOLEAN NOT NULL, 
	CONSTRAINT pk_helpdesk_messages PRIMARY KEY (id), 
	CONSTRAINT fk_helpdesk_messages_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_messages" VALUES('id-0012','T-4','It''s here
-- it says','2026-01-05 09:08:00.000000','pat',0,0);
INSERT INTO "helpdesk_messages" VALUES('id-0015','T-4','An internal note','2026-01-05 09:08:00.000000','bob',1,0);
CREATE TABLE helpdesk_meta (
	name VARCHAR(50) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_helpdesk_meta PRIMARY KEY (name)
);
INSERT INTO "helpdesk_meta" VALUES('id_type','str');
CREATE TABLE helpdesk_outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" TEXT NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	recipient_id VARCHAR(200) NOT NULL, 
	channel VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	message_id VARCHAR(200), 
	stage_id VARCHAR(200), 
	subject TEXT, 
	text TEXT, 
	created_at VARCHAR(26) NOT NULL, 
	attempts INTEGER NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	not_before VARCHAR(26), html TEXT, in_answer BOOLEAN DEFAULT 0 NOT NULL, error VARCHAR(200), held_until VARCHAR(26), 
	CONSTRAINT uq_helpdesk_outbox_key UNIQUE ("key")
);
INSERT INTO "helpdesk_outbox" VALUES(1,'id-0001','T-2','ann','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:02:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(2,'id-0002','T-2','bob','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:02:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(3,'id-0003','T-2','cyd','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:02:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(4,'id-0004','T-2','bob','email','assigned',NULL,NULL,NULL,NULL,'2026-01-05 09:02:00.000000',1,'pending','2026-01-05 09:10:00.000000',NULL,0,'NotifierError',NULL);
INSERT INTO "helpdesk_outbox" VALUES(5,'id-0005','T-4','pat','email','stage',NULL,'new','Received: Ticket 4: l''encre – né 🖨','Dear Pat','2026-01-05 09:04:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(6,'id-0006','T-6','ann','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:06:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(7,'id-0007','T-6','bob','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:06:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(8,'id-0008','T-6','cyd','email','opened',NULL,NULL,NULL,NULL,'2026-01-05 09:06:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(9,'id-0009','T-6','cyd','email','assigned',NULL,NULL,NULL,NULL,'2026-01-05 09:06:00.000000',1,'pending','2026-01-05 09:10:00.000000',NULL,0,'NotifierError',NULL);
INSERT INTO "helpdesk_outbox" VALUES(10,'id-0010','T-7','con','email','stage',NULL,'new','Received: Ticket 7: l''encre – né 🖨','Dear Con','2026-01-05 09:07:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(11,'id-0011','T-8','pia','email','stage',NULL,'new','Received: Ticket 8: l''encre – né 🖨','Dear Pia','2026-01-05 09:08:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(12,'id-0014','T-4','bob','email','update','id-0012',NULL,NULL,NULL,'2026-01-05 09:08:00.000000',1,'sent',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(13,'id-0020','T-1','bob','email','assigned',NULL,NULL,NULL,NULL,'2026-01-05 09:08:00.000000',1,'pending','2026-01-05 09:10:00.000000',NULL,0,'NotifierError',NULL);
INSERT INTO "helpdesk_outbox" VALUES(14,'id-0021','T-4','pat','email','stage',NULL,'solved','Solved: Ticket 4: l''encre – né 🖨','By ','2026-01-05 09:08:00.000000',0,'pending',NULL,NULL,0,NULL,NULL);
INSERT INTO "helpdesk_outbox" VALUES(15,'id-0022','T-8','pia','email','stage',NULL,'solved','Solved: Ticket 8: l''encre – né 🖨','By ','2026-01-05 09:08:00.000000',0,'pending',NULL,NULL,0,NULL,NULL);
CREATE TABLE helpdesk_similar_teams (
	number INTEGER NOT NULL, 
	team_id VARCHAR(200), 
	tickets BIGINT NOT NULL, 
	CONSTRAINT pk_helpdesk_similar_teams PRIMARY KEY (number), 
	CONSTRAINT uq_helpdesk_similar_teams_team_id UNIQUE (team_id)
);
INSERT INTO "helpdesk_similar_teams" VALUES(0,NULL,7);
INSERT INTO "helpdesk_similar_teams" VALUES(1,'company',2);
INSERT INTO "helpdesk_similar_teams" VALUES(2,'public',2);
INSERT INTO "helpdesk_similar_teams" VALUES(3,'auto',1);
INSERT INTO "helpdesk_similar_teams" VALUES(4,'private',2);
CREATE TABLE helpdesk_similar_tickets (
	number INTEGER NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	team BIGINT NOT NULL, 
	customer_id VARCHAR(200), 
	created_at VARCHAR(26) NOT NULL, 
	tags TEXT NOT NULL, 
	terms TEXT NOT NULL, 
	amounts BLOB NOT NULL, 
	shares BLOB NOT NULL, 
	words TEXT NOT NULL, 
	CONSTRAINT pk_helpdesk_similar_tickets PRIMARY KEY (number), 
	CONSTRAINT uq_helpdesk_similar_tickets_ticket_id UNIQUE (ticket_id)
);
INSERT INTO "helpdesk_similar_tickets" VALUES(1,'T-1',1,NULL,'2026-01-05 09:01:00.000000','["Né","ink"]','another subject line one two three four 100',X'0606040404040404',X'FFFF','1001 another1 another1 four1 line1 one1 subject1 subject1 three1 two1');
INSERT INTO "helpdesk_similar_tickets" VALUES(2,'T-2',3,NULL,'2026-01-05 09:02:00.000000','[]','ticket 2 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1003 23 23 encre3 encre3 four3 line3 l3 l3 ne3 ne3 one3 three3 ticket3 ticket3 two3');
INSERT INTO "helpdesk_similar_tickets" VALUES(3,'T-3',4,NULL,'2026-01-05 09:03:00.000000','["Né","ink"]','ticket 3 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1004 34 34 encre4 encre4 four4 line4 l4 l4 ne4 ne4 one4 three4 ticket4 ticket4 two4');
INSERT INTO "helpdesk_similar_tickets" VALUES(4,'T-4',2,'pat','2026-01-05 09:04:00.000000','[]','ticket 4 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1002 42 42 encre2 encre2 four2 line2 l2 l2 ne2 ne2 one2 three2 ticket2 ticket2 two2');
INSERT INTO "helpdesk_similar_tickets" VALUES(5,'T-5',1,NULL,'2026-01-05 09:05:00.000000','["Né","ink"]','ticket 5 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1001 51 51 encre1 encre1 four1 line1 l1 l1 ne1 ne1 one1 three1 ticket1 ticket1 two1');
INSERT INTO "helpdesk_similar_tickets" VALUES(6,'T-7',4,'con','2026-01-05 09:07:00.000000','["Né","ink"]','ticket 7 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1004 74 74 encre4 encre4 four4 line4 l4 l4 ne4 ne4 one4 three4 ticket4 ticket4 two4');
INSERT INTO "helpdesk_similar_tickets" VALUES(7,'T-8',2,'pia','2026-01-05 09:08:00.000000','[]','ticket 8 l encre ne line one two three four 100',X'0707070707040404040404',X'FFFFFFFFFF','1002 82 82 encre2 encre2 four2 line2 l2 l2 ne2 ne2 one2 three2 ticket2 ticket2 two2');
CREATE VIRTUAL TABLE helpdesk_similar_tickets_fts USING fts5(words, content='helpdesk_similar_tickets', content_rowid='number', tokenize='ascii', detail=none, columnsize=0);
INSERT INTO helpdesk_similar_tickets_fts (helpdesk_similar_tickets_fts) VALUES ('rebuild');
CREATE TABLE helpdesk_similar_words (
	team BIGINT NOT NULL, 
	word TEXT NOT NULL, 
	holders BIGINT NOT NULL, 
	in_subject BIGINT NOT NULL, 
	CONSTRAINT pk_helpdesk_similar_words PRIMARY KEY (team, word)
)
 WITHOUT ROWID

;
INSERT INTO "helpdesk_similar_words" VALUES(0,'100',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(0,'2',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'3',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'4',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'5',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'7',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'8',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'another',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'encre',6,6);
INSERT INTO "helpdesk_similar_words" VALUES(0,'four',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(0,'l',6,6);
INSERT INTO "helpdesk_similar_words" VALUES(0,'line',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(0,'ne',6,6);
INSERT INTO "helpdesk_similar_words" VALUES(0,'one',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(0,'subject',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(0,'three',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(0,'ticket',6,6);
INSERT INTO "helpdesk_similar_words" VALUES(0,'two',7,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'100',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'5',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'another',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'encre',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'four',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'l',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'line',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'ne',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'one',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'subject',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'three',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(1,'ticket',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(1,'two',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'100',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'4',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(2,'8',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(2,'encre',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(2,'four',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'l',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(2,'line',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'ne',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(2,'one',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'three',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(2,'ticket',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(2,'two',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'100',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'2',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(3,'encre',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(3,'four',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'l',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(3,'line',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'ne',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(3,'one',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'three',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(3,'ticket',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(3,'two',1,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'100',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'3',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(4,'7',1,1);
INSERT INTO "helpdesk_similar_words" VALUES(4,'encre',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(4,'four',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'l',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(4,'line',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'ne',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(4,'one',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'three',2,0);
INSERT INTO "helpdesk_similar_words" VALUES(4,'ticket',2,2);
INSERT INTO "helpdesk_similar_words" VALUES(4,'two',2,0);
CREATE TABLE helpdesk_stage_counts (
	team_id VARCHAR(200) NOT NULL, 
	stage_id VARCHAR(200) NOT NULL, 
	tickets INTEGER NOT NULL, 
	unassigned INTEGER NOT NULL, 
	waiting INTEGER NOT NULL, 
	CONSTRAINT pk_helpdesk_stage_counts PRIMARY KEY (team_id, stage_id), 
	CONSTRAINT fk_helpdesk_stage_counts_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id)
);
INSERT INTO "helpdesk_stage_counts" VALUES('company','new',2,1,0);
INSERT INTO "helpdesk_stage_counts" VALUES('auto','new',1,0,0);
INSERT INTO "helpdesk_stage_counts" VALUES('private','new',2,2,0);
INSERT INTO "helpdesk_stage_counts" VALUES('public','new',0,0,0);
INSERT INTO "helpdesk_stage_counts" VALUES('public','solved',1,1,0);
INSERT INTO "helpdesk_stage_counts" VALUES('public','working',1,1,0);
CREATE TABLE helpdesk_stages (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	position INTEGER NOT NULL, 
	description TEXT NOT NULL, 
	folded BOOLEAN NOT NULL, 
	email_template TEXT, 
	sms_template TEXT, 
	once_per_ticket BOOLEAN NOT NULL, 
	CONSTRAINT uq_helpdesk_stages_id UNIQUE (id)
);
INSERT INTO "helpdesk_stages" VALUES(1,'new','New',0,'',0,'{"subject":"Received: ${ticket.subject}","text":"Dear ${customer.name}","html":null,"translations":{}}',NULL,0);
INSERT INTO "helpdesk_stages" VALUES(2,'working','Working',1,'',0,NULL,NULL,0);
INSERT INTO "helpdesk_stages" VALUES(3,'solved','Solved',2,'',1,'{"subject":"Solved: ${ticket.subject}","text":"By ${assignee.name}","html":null,"translations":{}}','{"text":"${ticket.subject}: solved","translations":{}}',0);
INSERT INTO "helpdesk_stages" VALUES(4,'cancelled','Cancelled',3,'',1,NULL,NULL,0);
CREATE TABLE helpdesk_team_follows (
	team_id VARCHAR(200) NOT NULL, 
	user_id VARCHAR(200) NOT NULL, 
	source VARCHAR(20) NOT NULL, 
	CONSTRAINT pk_helpdesk_team_follows PRIMARY KEY (team_id, user_id, source), 
	CONSTRAINT fk_helpdesk_team_follows_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id)
);
INSERT INTO "helpdesk_team_follows" VALUES('auto','ann','member');
INSERT INTO "helpdesk_team_follows" VALUES('auto','bob','member');
INSERT INTO "helpdesk_team_follows" VALUES('auto','cyd','member');
INSERT INTO "helpdesk_team_follows" VALUES('public','bob','chosen');
CREATE TABLE helpdesk_team_stages (
	team_id VARCHAR(200) NOT NULL, 
	stage_id VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_helpdesk_team_stages PRIMARY KEY (team_id, stage_id), 
	CONSTRAINT fk_helpdesk_team_stages_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id), 
	CONSTRAINT fk_helpdesk_team_stages_stage_id FOREIGN KEY(stage_id) REFERENCES helpdesk_stages (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "helpdesk_team_stages" VALUES('private','solved');
INSERT INTO "helpdesk_team_stages" VALUES('private','cancelled');
INSERT INTO "helpdesk_team_stages" VALUES('private','new');
INSERT INTO "helpdesk_team_stages" VALUES('private','working');
INSERT INTO "helpdesk_team_stages" VALUES('company','solved');
INSERT INTO "helpdesk_team_stages" VALUES('company','cancelled');
INSERT INTO "helpdesk_team_stages" VALUES('company','new');
INSERT INTO "helpdesk_team_stages" VALUES('company','working');
INSERT INTO "helpdesk_team_stages" VALUES('public','solved');
INSERT INTO "helpdesk_team_stages" VALUES('public','cancelled');
INSERT INTO "helpdesk_team_stages" VALUES('public','new');
INSERT INTO "helpdesk_team_stages" VALUES('public','working');
INSERT INTO "helpdesk_team_stages" VALUES('auto','solved');
INSERT INTO "helpdesk_team_stages" VALUES('auto','cancelled');
INSERT INTO "helpdesk_team_stages" VALUES('auto','new');
INSERT INTO "helpdesk_team_stages" VALUES('auto','working');
CREATE TABLE helpdesk_teams (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	visibility VARCHAR(20) NOT NULL, 
	company VARCHAR(200) NOT NULL, 
	public_description TEXT NOT NULL, 
	member_ids TEXT NOT NULL, 
	auto_assign BOOLEAN NOT NULL, 
	assignment_method VARCHAR(20) NOT NULL, 
	assignment_scope VARCHAR(20) NOT NULL, 
	look_ahead_window VARCHAR(30) NOT NULL, 
	horizon VARCHAR(30) NOT NULL, 
	members_follow BOOLEAN NOT NULL, 
	version BIGINT NOT NULL, assignment_mode VARCHAR(20) DEFAULT 'assign_now' NOT NULL, catch_up VARCHAR(20) DEFAULT 'full' NOT NULL, member_options TEXT DEFAULT '[]' NOT NULL, on_answer VARCHAR(20) DEFAULT 'reopen' NOT NULL, reopen_window VARCHAR(30) DEFAULT 'P30DT0.000000S' NOT NULL, 
	CONSTRAINT uq_helpdesk_teams_id UNIQUE (id)
);
INSERT INTO "helpdesk_teams" VALUES(1,'private','The private team','private','','','["ann","bob","cyd"]',0,'equal_tickets','team','P0DT0.000000S','P366DT0.000000S',0,1,'assign_now','full','[]','reopen','P30DT0.000000S');
INSERT INTO "helpdesk_teams" VALUES(2,'company','The company team','company','','','["ann","bob","cyd"]',0,'equal_tickets','team','P0DT0.000000S','P366DT0.000000S',0,1,'assign_now','full','[]','reopen','P30DT0.000000S');
INSERT INTO "helpdesk_teams" VALUES(3,'public','The public team','company','','','["ann","bob","cyd"]',0,'equal_tickets','team','P0DT0.000000S','P366DT0.000000S',0,1,'assign_now','full','[]','reopen','P30DT0.000000S');
INSERT INTO "helpdesk_teams" VALUES(4,'auto','The auto team','company','','','["ann","bob","cyd"]',1,'equal_tickets','team','P0DT0.000000S','P366DT0.000000S',1,1,'defer','none','[["bob",{"capacity":9,"weight":2,"tags":["Né","ink"]}]]','reopen','P30DT0.000000S');
CREATE TABLE helpdesk_texts (
	number INTEGER NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	message_id VARCHAR(200), 
	internal BOOLEAN NOT NULL, 
	words TEXT NOT NULL, 
	CONSTRAINT pk_helpdesk_texts PRIMARY KEY (number), 
	CONSTRAINT fk_helpdesk_texts_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_texts" VALUES(1,'T-1',NULL,0,'100 another four line one subject three two');
INSERT INTO "helpdesk_texts" VALUES(2,'T-2',NULL,0,'100 2 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(3,'T-3',NULL,0,'100 3 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(4,'T-4',NULL,0,'100 4 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(5,'T-5',NULL,0,'100 5 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(6,'T-6',NULL,0,'100 6 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(7,'T-7',NULL,0,'100 7 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(8,'T-8',NULL,0,'100 8 encre four l line ne one three ticket two');
INSERT INTO "helpdesk_texts" VALUES(9,'T-4','id-0012',0,'here it s says');
INSERT INTO "helpdesk_texts" VALUES(10,'T-4','id-0015',1,'an internal note');
CREATE VIRTUAL TABLE helpdesk_texts_fts USING fts5(words, content='helpdesk_texts', content_rowid='number', tokenize='ascii', detail=none, columnsize=0);
INSERT INTO helpdesk_texts_fts (helpdesk_texts_fts) VALUES ('rebuild');
CREATE TABLE helpdesk_ticket_follows (
	ticket_id VARCHAR(200) NOT NULL, 
	user_id VARCHAR(200) NOT NULL, 
	source VARCHAR(20) NOT NULL, 
	CONSTRAINT pk_helpdesk_ticket_follows PRIMARY KEY (ticket_id, user_id, source), 
	CONSTRAINT fk_helpdesk_ticket_follows_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_ticket_follows" VALUES('T-2','bob','assigned');
INSERT INTO "helpdesk_ticket_follows" VALUES('T-6','cyd','assigned');
INSERT INTO "helpdesk_ticket_follows" VALUES('T-1','pia','chosen');
INSERT INTO "helpdesk_ticket_follows" VALUES('T-1','bob','assigned');
INSERT INTO "helpdesk_ticket_follows" VALUES('T-2','cyd','chosen');
CREATE TABLE helpdesk_ticket_tags (
	ticket_id VARCHAR(200) NOT NULL, 
	tag VARCHAR(100) NOT NULL, 
	CONSTRAINT pk_helpdesk_ticket_tags PRIMARY KEY (ticket_id, tag), 
	CONSTRAINT fk_helpdesk_ticket_tags_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_ticket_tags" VALUES('T-1','ink');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-1','Né');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-3','ink');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-3','Né');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-5','ink');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-5','Né');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-7','ink');
INSERT INTO "helpdesk_ticket_tags" VALUES('T-7','Né');
CREATE TABLE helpdesk_tickets (
	id VARCHAR(200) NOT NULL, 
	team_id VARCHAR(200) NOT NULL, 
	stage_id VARCHAR(200) NOT NULL, 
	subject VARCHAR(500) NOT NULL, 
	created_at VARCHAR(26) NOT NULL, 
	description TEXT NOT NULL, 
	opener_id VARCHAR(200), 
	customer_id VARCHAR(200), 
	assignee_id VARCHAR(200), 
	available_from VARCHAR(26), 
	waiting BOOLEAN NOT NULL, 
	priority INTEGER NOT NULL, 
	links TEXT NOT NULL, 
	"references" TEXT NOT NULL, 
	closed_at VARCHAR(26), 
	merged_into VARCHAR(200), 
	version BIGINT NOT NULL, rank VARCHAR(500) DEFAULT 'V' NOT NULL, fields TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_helpdesk_tickets PRIMARY KEY (id), 
	CONSTRAINT fk_helpdesk_tickets_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id), 
	CONSTRAINT fk_helpdesk_tickets_stage_id FOREIGN KEY(stage_id) REFERENCES helpdesk_stages (id), 
	CONSTRAINT fk_helpdesk_tickets_merged_into FOREIGN KEY(merged_into) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_tickets" VALUES('T-1','company','new','Another subject','2026-01-05 09:01:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,NULL,'bob',NULL,0,1,'[]','[]',NULL,NULL,4,'4ifzg9MjnE4MAXDnV','{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO "helpdesk_tickets" VALUES('T-2','auto','new','Ticket 2: l''encre – né 🖨','2026-01-05 09:02:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,NULL,'bob',NULL,0,2,'[]','[]',NULL,NULL,2,'4ifzgDQUXA0rYKoLV','{}');
INSERT INTO "helpdesk_tickets" VALUES('T-3','private','new','Ticket 3: l''encre – né 🖨','2026-01-05 09:03:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,NULL,NULL,NULL,0,3,'[]','[]',NULL,NULL,1,'4ifzgHUFH63Fmjs5V','{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO "helpdesk_tickets" VALUES('T-4','public','working','Ticket 4: l''encre – né 🖨','2026-01-05 09:04:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,'pat',NULL,NULL,0,0,'[]','[]',NULL,NULL,9,'4ifzgLY0121KQovxV','{}');
INSERT INTO "helpdesk_tickets" VALUES('T-5','company','new','Ticket 5: l''encre – né 🖨','2026-01-05 09:05:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,NULL,NULL,NULL,0,1,'[]','[]',NULL,NULL,3,'4ifzgPbkky1EYlq0V','{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO "helpdesk_tickets" VALUES('T-6','auto','new','Ticket 6: l''encre – né 🖨','2026-01-05 09:06:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,NULL,'cyd',NULL,0,2,'[]','[]',NULL,'T-2',2,'4ifzgTfVUu0I1QiPV','{}');
INSERT INTO "helpdesk_tickets" VALUES('T-7','private','new','Ticket 7: l''encre – né 🖨','2026-01-05 09:07:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,'con',NULL,NULL,0,3,'[]','[]',NULL,NULL,1,'4ifzgXjGEq0J9OAQV','{"cost":12.5,"paid":true,"serials":["A-7","Né"]}');
INSERT INTO "helpdesk_tickets" VALUES('T-8','public','solved','Ticket 8: l''encre – né 🖨','2026-01-05 09:08:00.000000','Line one
	two; ''three'' \ "four" 100%',NULL,'pia',NULL,NULL,0,0,'[]','[]','2026-01-05 09:08:00.000000',NULL,3,'4ifzgbn0ym20KTzkV','{}');
CREATE TABLE helpdesk_time_entries (
	id VARCHAR(200) NOT NULL, 
	ticket_id VARCHAR(200) NOT NULL, 
	user_id VARCHAR(200) NOT NULL, 
	minutes INTEGER NOT NULL, 
	at VARCHAR(26) NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_helpdesk_time_entries PRIMARY KEY (id), 
	CONSTRAINT fk_helpdesk_time_entries_ticket_id FOREIGN KEY(ticket_id) REFERENCES helpdesk_tickets (id)
);
INSERT INTO "helpdesk_time_entries" VALUES('id-0019','T-4','bob',25,'2026-01-05 09:08:00.000000','on the telephone');
CREATE TABLE helpdesk_users (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	roles TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	email VARCHAR(320), 
	phone VARCHAR(320), 
	company VARCHAR(200) NOT NULL, 
	language VARCHAR(35) NOT NULL, address VARCHAR(320), 
	CONSTRAINT uq_helpdesk_users_id UNIQUE (id)
);
INSERT INTO "helpdesk_users" VALUES(1,'ann','Ann','internal','["agent"]',1,'ann@example.com',NULL,'','en','ann@example.com');
INSERT INTO "helpdesk_users" VALUES(2,'bob','Bob','internal','["agent"]',1,'bob@example.com',NULL,'','en','bob@example.com');
INSERT INTO "helpdesk_users" VALUES(3,'cyd','Cyd','internal','["agent"]',1,'cyd@example.com',NULL,'','en','cyd@example.com');
INSERT INTO "helpdesk_users" VALUES(4,'emp','Emp','internal','[]',1,'emp@example.com',NULL,'','en','emp@example.com');
INSERT INTO "helpdesk_users" VALUES(5,'lea','Lea','internal','["agent","team_lead"]',1,'lea@example.com',NULL,'','en','lea@example.com');
INSERT INTO "helpdesk_users" VALUES(6,'root','Root','internal','["administrator"]',1,'root@example.com',NULL,'','en','root@example.com');
INSERT INTO "helpdesk_users" VALUES(7,'pat','Pat','portal','[]',1,'pat@example.com',NULL,'','en','pat@example.com');
INSERT INTO "helpdesk_users" VALUES(8,'pia','Pia','portal','[]',1,'pia@example.com',NULL,'','en','pia@example.com');
INSERT INTO "helpdesk_users" VALUES(9,'con','Con','contact','[]',1,'con@example.com','+39 055 123','','en','con@example.com');
CREATE TABLE helpdesk_workloads (
	team_id VARCHAR(200) NOT NULL, 
	member_id VARCHAR(200) NOT NULL, 
	total INTEGER NOT NULL, 
	open INTEGER NOT NULL, 
	credit INTEGER NOT NULL, 
	last_assigned BIGINT, 
	CONSTRAINT pk_helpdesk_workloads PRIMARY KEY (team_id, member_id), 
	CONSTRAINT fk_helpdesk_workloads_team_id FOREIGN KEY(team_id) REFERENCES helpdesk_teams (id)
);
INSERT INTO "helpdesk_workloads" VALUES('auto','bob',1,1,0,1);
INSERT INTO "helpdesk_workloads" VALUES('auto','cyd',0,0,0,2);
INSERT INTO "helpdesk_workloads" VALUES('company','bob',1,1,0,1);
CREATE INDEX ix_helpdesk_users_kind_active ON helpdesk_users (kind, active);
CREATE INDEX ix_helpdesk_team_stages_stage_id ON helpdesk_team_stages (stage_id);
CREATE INDEX ix_helpdesk_team_follows_user_id ON helpdesk_team_follows (user_id);
CREATE INDEX ix_helpdesk_tickets_assignee_id ON helpdesk_tickets (assignee_id);
CREATE INDEX ix_helpdesk_tickets_customer_id ON helpdesk_tickets (customer_id);
CREATE INDEX ix_helpdesk_tickets_created_at_id ON helpdesk_tickets (created_at, id);
CREATE INDEX ix_helpdesk_tickets_waiting_created_at ON helpdesk_tickets (waiting, created_at);
CREATE INDEX ix_helpdesk_ticket_follows_user_id_ticket_id ON helpdesk_ticket_follows (user_id, ticket_id);
CREATE INDEX ix_helpdesk_ticket_tags_tag_ticket_id ON helpdesk_ticket_tags (tag, ticket_id);
CREATE INDEX ix_helpdesk_messages_ticket_id_at ON helpdesk_messages (ticket_id, at);
CREATE INDEX ix_helpdesk_attachments_ticket_id_at ON helpdesk_attachments (ticket_id, at);
CREATE INDEX ix_helpdesk_time_entries_ticket_id_at ON helpdesk_time_entries (ticket_id, at);
CREATE INDEX ix_helpdesk_events_ticket_id_sequence ON helpdesk_events (ticket_id, sequence);
CREATE INDEX ix_helpdesk_outbox_status_sequence ON helpdesk_outbox (status, sequence);
CREATE INDEX ix_helpdesk_merge_tickets_ticket_id ON helpdesk_merge_tickets (ticket_id);
CREATE INDEX ix_helpdesk_discards_second_id ON helpdesk_discards (second_id);
CREATE INDEX ix_helpdesk_keys_at ON helpdesk_keys (at);
CREATE INDEX ix_helpdesk_tickets_merged_into ON helpdesk_tickets (merged_into) WHERE merged_into IS NOT NULL;
CREATE TRIGGER helpdesk_texts_added AFTER INSERT ON helpdesk_texts BEGIN INSERT INTO helpdesk_texts_fts (rowid, words) VALUES (new.number, new.words); END;
CREATE TRIGGER helpdesk_texts_gone AFTER DELETE ON helpdesk_texts BEGIN INSERT INTO helpdesk_texts_fts (helpdesk_texts_fts, rowid, words) VALUES ('delete', old.number, old.words); END;
CREATE TRIGGER helpdesk_texts_changed AFTER UPDATE ON helpdesk_texts BEGIN INSERT INTO helpdesk_texts_fts (helpdesk_texts_fts, rowid, words) VALUES ('delete', old.number, old.words); INSERT INTO helpdesk_texts_fts (rowid, words) VALUES (new.number, new.words); END;
CREATE INDEX ix_helpdesk_texts_ticket_id ON helpdesk_texts (ticket_id);
CREATE INDEX ix_helpdesk_tickets_of_team_in_column ON helpdesk_tickets (team_id, stage_id, rank, id);
CREATE INDEX ix_helpdesk_tickets_in_column ON helpdesk_tickets (stage_id, rank, id);
CREATE INDEX ix_helpdesk_events_ticket_id_at_sequence ON helpdesk_events (ticket_id, at, sequence);
CREATE INDEX ix_helpdesk_mails_ticket_id_at ON helpdesk_mails (ticket_id, at);
CREATE INDEX ix_helpdesk_mails_sender_id_at ON helpdesk_mails (sender_id, at);
CREATE INDEX ix_helpdesk_mails_mail_id ON helpdesk_mails (mail_id);
CREATE INDEX ix_helpdesk_outbox_ticket_id_sequence ON helpdesk_outbox (ticket_id, sequence) WHERE status = 'pending';
CREATE INDEX ix_helpdesk_outbox_recipient_id_held_until ON helpdesk_outbox (recipient_id, held_until) WHERE status = 'held';
CREATE INDEX ix_helpdesk_users_address ON helpdesk_users (address);
CREATE TRIGGER helpdesk_similar_tickets_added AFTER INSERT ON helpdesk_similar_tickets BEGIN INSERT INTO helpdesk_similar_tickets_fts (rowid, words) VALUES (new.number, new.words); END;
CREATE TRIGGER helpdesk_similar_tickets_gone AFTER DELETE ON helpdesk_similar_tickets BEGIN INSERT INTO helpdesk_similar_tickets_fts (helpdesk_similar_tickets_fts, rowid, words) VALUES ('delete', old.number, old.words); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('helpdesk_users',9);
INSERT INTO "sqlite_sequence" VALUES('helpdesk_events',72);
INSERT INTO "sqlite_sequence" VALUES('helpdesk_stages',4);
INSERT INTO "sqlite_sequence" VALUES('helpdesk_teams',4);
INSERT INTO "sqlite_sequence" VALUES('helpdesk_outbox',15);
INSERT INTO "sqlite_sequence" VALUES('helpdesk_merges',2);
COMMIT;
