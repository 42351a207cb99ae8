"""Every maximum of the program, named with its unit."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What one document may be. Beyond: a clear refusal that says to split."""

    document_bytes: int = 8 * 1024 * 1024
    headers: int = 10_000
    details: int = 50_000
    depth: int = 16


DOCUMENT = Limits()
LOAD = Limits(document_bytes=512 * 1024 * 1024, headers=0, details=0)

MINOR_UNITS = 10**17  # of one amount: sums of very many of them still fit 64 bits many times over
TEXT_CHARACTERS = 1_000  # a label
CODE_CHARACTERS = 80  # a third party, a piece, a bank, a state change
NUMBER_DIGITS = 15  # REGLEMENTNUM, TRANSAC of a detail, NOORDRE
KEY_CHARACTERS = 100  # an idempotency key
PATH_CHARACTERS = 1_000  # of a file's path in a message
SEEN_CHARACTERS = 80  # how much of the caller's text a refusal quotes
SETTINGS_MOST = {
    "repeat_hours": 8_784,
    "future_days": 3_660,
    "rate_days": 3_660,
    "rate_percent": 1_000,
    "cash_limit": 1_000_000_000,
}
BUSY_SECONDS = 5.0  # how long to wait for another writer
ATTEMPTS = 5  # at one transaction, when the database server asks to begin anew
RETRY_MILLISECONDS = 10  # before the second attempt, twice as long before each further one, more or less by chance
CONNECT_SECONDS = 5  # for a database server to answer
IDLE_SECONDS = 60  # for which a transaction may do nothing before the database server ends it
MIGRATION_SECONDS = 600  # for another process that brings the database to the newest schema
DATABASE_CONNECTIONS = 40  # of one process to its database server
GROUP_WRITERS = 32  # how many writers share one commit
GROUP_MILLISECONDS = 250  # for how long a shared transaction takes on more work
WAITING_WRITERS = 1_000  # how many may wait for their turn
WAITING_SECONDS = 30  # for how long: some of the largest documents may come first

# Backups, which may come from anywhere.
BACKUP_MANIFEST_BYTES = 8 * 1024 * 1024
BACKUP_LINE_BYTES = 768 * 1024 * 1024  # of one row: a load file of the largest size in base64
BACKUP_RATIO = 1_000  # how many times its packed size a file may have
BACKUP_TABLES = 200

# The web service.
WRONG_TOKENS = 10  # a minute and source address
ENVELOPE_BYTES = 4_096  # of an envelope, in which its token is looked for before anything else is read
UPLOAD_BYTES = 64 * 1024 * 1024  # of a load file sent over HTTP
IN_FLIGHT = 256  # calls carried out or waiting for it; beyond: come back later
AT_ONCE = 16  # calls that have their turn; the others wait
TURN_SECONDS = 1.0  # after which a call goes on without one: it is one of the few that take long
BURST_SECONDS = 2.0  # that a call may wait for its turn, unless somebody has waited in vain since
MOMENT_SECONDS = 0.05  # that it may wait then
IN_LINE = 8  # calls that may wait then; the others are sent away at once
SWITCH_SECONDS = 0.0005  # that a thread computes before the one that takes and refuses calls may go on
STRANGERS = 64  # contents awaited from one address while their callers are not known
STRANGER_SECONDS = 10  # for so much of a content to arrive that its caller is known
VERIFYING = 2  # integrity checks at the same time
SEARCHING = 4  # searches for a text in the logbook at the same time
LARGE_BYTES = 1024 * 1024  # a content beyond this is a large one, which may take fifty times its size in memory
LARGE = 6  # large contents worked on at the same time
CONNECTIONS = 800  # open at a time; beyond, the one that has been idle longest is closed. Systems give 1,024 files
THREADS = 32  # calls carried out at the same time
HEADER_FIELDS = 64  # of one call
HEADER_BYTES = 16 * 1024  # of one call, its address included
SILENT_SECONDS = 4  # for the first byte on a new connection
HEADER_SECONDS = 10  # for the header of a call to arrive
BODY_SECONDS = 30  # for the next piece of a call's content to arrive
BODY_SECONDS_IN_ALL = 120  # for all of it
KEEP_ALIVE_SECONDS = 30  # for the next call on an open connection
STOP_SECONDS = 60  # for calls in flight to be answered once the service is asked to stop
PAGE = 100  # lines of a page of a list
PAGE_MOST = 1_000

# The pages that people look at.
PASSWORD_CHARACTERS = (12, 200)  # at least, at most
WRONG_PASSWORDS = 10  # in ten minutes, for a name and address; for an address alone ten times as many
HASHING = 2  # passwords compared at the same time: each takes 64 MiB
SIGN_IN_IDLE_HOURS = 10  # without a call, a sign-in ends
SIGN_IN_DAYS = 7  # and after that in any case
ROWS = (25, 50, 100)  # lines of a list, as people prefer
ROWS_PRINTED = 2_000  # of a list on paper; beyond, a file is of more use
REPORT_ROWS_PRINTED = 5_000  # of a report as a PDF: they take most of a gigabyte for some seconds
ROWS_EXPORTED = 100_000  # of a list as a file
BATCH_INVOICES = 2_000  # of one bulk deposit
BATCH_SHOWN = 200  # of them, on its page
CHECKED_AT_ONCE = 50  # invoices, while somebody waits; more are checked as they leave
BROUGHT_HOURS = 24  # for which a file that was looked at waits to be posted
FORM_FIELDS = 5_000  # of one form: a selection may name many lines
FORM_FIELD_BYTES = 1024 * 1024  # of one of them: a received document may be tried again
FORM_FILES = 20
PROVIDER_SECONDS = 10  # for an OpenID provider to answer
COUNTED = 10_000  # of what only grows, beside a list; beyond, a list says "more than"
TRAIL = 20  # pages of a list that one may go back by its own button


# Invoices as XML, or as PDF with XML inside.
class XmlLimits(msgspec.Struct, frozen=True):
    """What one XML document may be. `marks`: tags, comments and the like, or attributes, in all."""

    document_bytes: int = 16 * 1024 * 1024  # Chorus Pro takes 10 MB
    marks: int = 1_000_000
    depth: int = 48
    attributes: int = 64  # of one element
    text_characters: int = 200_000  # of one text, the content of attachments aside: these have libxml2's own 10 MB


XML = XmlLimits()
PDF_BYTES = 32 * 1024 * 1024  # of a file that may hold an invoice
PDF_STREAM_BYTES = 10_000_000  # that one part of it may unpack to

# Chorus Pro.
FLOW_BYTES = 10 * 1024 * 1024  # of one file in a deposit (API annex V5.00)
LOT_BYTES = 30 * 1024 * 1024  # of an archive of several
LOT_INVOICES = 500  # of one flow
SAID_CHARACTERS = 2_000  # of what the platform said, as it is kept

# Calls to platforms, Chorus Pro and approved ones.
PLATFORM_ANSWER_BYTES = 8 * 1024 * 1024  # of one answer
PLATFORM_ANSWER_MARKS = 300_000  # objects, lists and members in it: each takes many times its text in memory
PLATFORM_TEXT_CHARACTERS = 4_000  # of one text in it; a comment has 2,000
CHORUS_PAGE = 50  # lines of a page, as we ask for them
APPROVED_PAGE = 100  # likewise, of an approved platform: the most that the standard allows
PLATFORM_PAGES = 1_000  # pages of one list
PLATFORM_LIST_BYTES = 128 * 1024 * 1024  # of all pages of one list
PLATFORM_LIST_ROWS = 100_000  # likewise
PLATFORM_LIST_SECONDS = 300  # likewise: less than a job is in one worker's hands
ROUND_BYTES = 32 * 1024 * 1024  # of the files that are fetched between two commits
ROUND_SECONDS = 30  # likewise: none is begun later
PLATFORM_CONNECT_SECONDS = 10
PLATFORM_WRITE_SECONDS = 60  # for the next piece of a request to be taken
PLATFORM_READ_SECONDS = 60  # for the next piece of an answer to arrive
PLATFORM_KEPT_SECONDS = 3  # that a connection may be idle and used again; many servers close theirs after five
PLATFORM_ANSWER_SECONDS = 180  # for the whole call, from its first byte to its answer's last
PLATFORM_TOKEN_MARGIN = 240  # seconds before its end from which on a token is not used any more
PLATFORM_PAUSES = (2, 4, 8)  # seconds between the attempts where there are too many calls
HOOK_BYTES = 64 * 1024  # of a platform's call that it has something for us: one flow's facts
HOOK_REFUSED_SECONDS = 0.05  # that refusing one takes, whatever there was to look up
PDF_ATTACHMENTS = 100  # of one file, looked at
READ_FINDINGS = 500  # about one file, of those that reading it brings up
HISTORY_EVENTS = 10_000  # changes of one invoice's status
STATUS_CHARACTERS = 2_000  # of a comment beside a status that we say, as Chorus Pro takes one
DECLARED_AT_ONCE = 100  # invoices whose payments one look goes over: their documents may have files inside

# Invoices in our own form, as JSON or as a table.
INVOICE_FILE = Limits(document_bytes=64 * 1024 * 1024, headers=10_000, details=100_000)
INVOICE_MARKS = 2_000_000  # objects, lists, or lines of text of one as JSON, in all: several for each line
INVOICE_TABLE = Limits(document_bytes=8 * 1024 * 1024, headers=5_000, details=20_000)  # of one as a table
INVOICE_LINES = 10_000  # of one invoice
ATTACHMENT_BYTES = 10 * 1024 * 1024  # of one, as Chorus Pro takes it
ATTACHMENTS_BYTES = 30 * 1024 * 1024  # of all those of one file of invoices
SETTINGS_SECONDS = 5  # for which a worker goes by settings that it has read
WORKER_TURN_SECONDS = 30  # after which a worker begins no more jobs of one dossier while others wait
WORKER_PAUSE_SECONDS = 1  # between two looks of a worker for what is due

# Statements of account.
STATEMENT_BYTES = 16 * 1024 * 1024  # of one file
STATEMENTS = 2_000  # of one file: a year by the day for several accounts
STATEMENT_LINES = 200_000  # records of one file
STATEMENT_YEARS = (1990, 2099)  # of the days that it tells
STATEMENT_SLACK_DAYS = 7  # that a movement may be booked before or after its statement without a word
STATEMENT_FAULTS = 100  # about one file: the first ones tell enough
STATEMENT_TEXT = 2_000  # characters of what is kept of one movement's texts
STATEMENT_PARTS = 10_000  # payments of one movement
STATEMENT_REFERENCES = 200  # of documents, that one payment names
REFERENCE_CHARACTERS = 140  # of one of them: what matches has far fewer
STATEMENT_XML = XmlLimits(document_bytes=STATEMENT_BYTES, marks=800_000)  # half a gigabyte of memory at the most

# The fichier des écritures comptables.
FEC_LINE_BYTES = 16 * 1024  # of one record

# Payment files.
ORDERS = 10_000  # of one file
FILE_DAYS = 365  # how far ahead a bank may be asked to do it
ANSWER = Limits(document_bytes=XML.document_bytes)  # of a bank about one of them
MANDATE_MONTHS = 36  # after its last use, a mandate is void

LETTERED_LINES = 1_000  # of one group by hand; pieces offset at once
