"""The client of a simulated cloud's APIs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from ostler.commands import ApiRequest, ApiResponse
from ostler.errors import AccessDenied, ApiError
from ostler.remote.simulated import api_compute, api_others, api_storage
from ostler.remote.simulated.balancer import through_vip
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.routes import Reply, find_answer

ROUTES = (*api_compute.ROUTES, *api_storage.ROUTES, *api_others.ROUTES)
REQUEST_S = 0.05
NOT_ACCEPTABLE = 406


class SimulatedApi:
    """Calls the APIs through the simulated load balancer. ``remote.protocol.Api`` says what is promised."""

    def __init__(self, world: Callable[[], AbstractContextManager[World]]) -> None:
        self._world = world

    def call(self, request: ApiRequest) -> ApiResponse:
        with self._world() as world:
            world.state.now += REQUEST_S
            status = through_vip(world, request.service)
            if status == 0:
                raise ApiError(
                    "api.no-answer",
                    f"{request.service} did not answer: {request}",
                    do_next="see whether the virtual address and the API's backends are up: ostler status",
                )
            if status == 200 and request.service == "compute" and not api_compute.understands(world, request):
                status = NOT_ACCEPTABLE
            reply = find_answer(ROUTES, world, request) if status == 200 else Reply(status)
        if reply.status in request.expect or (not request.expect and reply.status < 400):
            return ApiResponse(reply.status, reply.body, reply.content, {}, REQUEST_S)
        if request.service == "identity" and reply.status in (401, 403):
            raise AccessDenied("api.credentials-refused", "the identity service refused the credentials of clouds.yaml")
        raise ApiError(
            "api.unexpected-status",
            f"{request} was answered with {reply.status}",
            status=reply.status,
            found=str(reply.body or "")[:300],
        )

    def close(self) -> None:
        return None
