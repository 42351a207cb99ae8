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

# The web service.
WRONG_TOKENS = 10  # a minute and source address
ENVELOPE_BYTES = 4_096  # of an envelope, in which its token is looked for before anything else is read
UPLOAD_BYTES = 64 * 1024 * 1024  # of a load file sent over HTTP
IN_FLIGHT = 256  # calls carried out or waiting for it; beyond: come back later
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

# Chorus Pro.
FLOW_BYTES = 10 * 1024 * 1024  # of one file in a deposit (API annex V5.00)
LOT_BYTES = 30 * 1024 * 1024  # of an archive of several
LOT_INVOICES = 500  # of one flow
SAID_CHARACTERS = 2_000  # of what the platform said, as it is kept

# Calls to PISTE and Chorus Pro.
CHORUS_ANSWER_BYTES = 8 * 1024 * 1024  # of one answer
CHORUS_TEXT_CHARACTERS = 4_000  # of one text in it; a comment has 2,000
CHORUS_PAGE = 50  # lines of a page, as we ask for them
CHORUS_PAGES = 1_000  # pages of one list
CHORUS_LIST_BYTES = 128 * 1024 * 1024  # of all pages of one list
CHORUS_CONNECT_SECONDS = 10
CHORUS_WRITE_SECONDS = 60  # for the next piece of a request to be taken
CHORUS_READ_SECONDS = 60  # for the next piece of an answer to arrive
CHORUS_ANSWER_SECONDS = 180  # for the whole call, from its first byte to its answer's last
CHORUS_TOKEN_MARGIN = 240  # seconds before its end from which on a token is not used any more
CHORUS_PAUSES = (2, 4, 8)  # seconds between the attempts where there are too many calls
PDF_ATTACHMENTS = 100  # of one file, looked at
READ_FINDINGS = 500  # about one file, of those that reading it brings up
HISTORY_EVENTS = 10_000  # changes of one invoice's status

# Invoices in our own form, as JSON or as a table.
INVOICE_FILE = Limits(document_bytes=64 * 1024 * 1024, headers=10_000, details=100_000)
INVOICE_MARKS = 2_000_000  # objects, lists, or lines of text, in all: several for each line of an invoice
INVOICE_LINES = 10_000  # of one invoice
ATTACHMENT_BYTES = 10 * 1024 * 1024  # of one, as Chorus Pro takes it
ATTACHMENTS_BYTES = 30 * 1024 * 1024  # of all those of one file of invoices
SETTINGS_SECONDS = 5  # for which a worker goes by settings that it has read
WORKER_PAUSE_SECONDS = 1  # between two looks of a worker for what is due
