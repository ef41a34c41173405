"""What runs operations, and knows ports only."""

from unitwork.application.keys import purge
from unitwork.application.message_bus import Command, MessageBus
from unitwork.application.operations import OperationRecord
from unitwork.application.retry import RetryPolicy
from unitwork.application.runner import Runner

__all__ = ["Command", "MessageBus", "OperationRecord", "RetryPolicy", "Runner", "purge"]
