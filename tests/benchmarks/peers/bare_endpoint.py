"""A FastAPI endpoint that does nothing but publish: `python -m tests.benchmarks.peers.bare_endpoint SERVERS PORT`.

The same server and the same producer as the gateway's, but nothing is checked, marked or told.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from fastapi import FastAPI, Request, Response

from services.common.http import serve
from services.common.kafka_access import KafkaAccess
from services.common.publisher import Message, Publisher
from services.common.settings import Port, Settings
from services.common.topics import Topic

publisher = Publisher(KafkaAccess(sys.argv[1]), client_id="bench-bare", timeout=5.0)
items = msgspec.json.Decoder(list[msgspec.Raw])


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with publisher:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/events")
async def single(request: Request) -> Response:
    await publisher.publish([Message(Topic.ORDERS, None, await request.body())])
    return Response(status_code=202)


@app.post("/v1/events/batch")
async def batch(request: Request) -> Response:
    found = items.decode(await request.body())
    await publisher.publish([Message(Topic.ORDERS, None, bytes(item)) for item in found])
    return Response(status_code=202)


serve(app, Settings(port_offset=0, port_ingest=int(sys.argv[2])), Port.INGEST, grace=5)
