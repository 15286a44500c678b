"""`purge-queues`: messages that wait in RabbitMQ are thrown away, when the databases they speak of were given up."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Effect, Run
from ostler.steps.model import Kind, Remembered, Step
from ostler.steps.scripts import script_words


class PurgeQueues(Kind):
    """Every queue with messages, in every virtual host, since a cloud's projects may use several. No parameters.
    Services must be stopped: messages that are there again afterwards fail the step."""

    name = "purge-queues"

    def title(self, step: Step) -> str:
        return "throw away the messages that wait in RabbitMQ, in every virtual host"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Run(str(step.host), Command(script_words("purge_queues"), timeout_s=300)),)
