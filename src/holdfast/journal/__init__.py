"""What happened, durably."""

from holdfast.journal.journal import Journal, Opened, open_journal
from holdfast.journal.recovery import Binding, Recovered

__all__ = ["Binding", "Journal", "Opened", "Recovered", "open_journal"]
