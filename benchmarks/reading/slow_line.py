"""A longer way to hosts: a relay on this machine that passes every byte on after a while, in both directions.

Started by reading_hosts.py as `slow_line.py DELAY_S LISTEN=ADDRESS ...`, where LISTEN is a loopback address; the port
is 22 there and PORT here. Prints a line when it listens, and runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys

PORT = 2222
SSH_PORT = 22
CHUNK = 65536


async def pass_on(delay_s: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass everything on in its order, each piece `delay_s` after it came."""
    loop = asyncio.get_running_loop()
    on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, data = await on_its_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    delivering = asyncio.create_task(deliver())
    data = b"-"
    while data:
        try:
            data = await reader.read(CHUNK)
        except OSError:
            data = b""
        on_its_way.put_nowait((loop.time() + delay_s, data))
    await delivering


async def main() -> None:
    delay_s = float(sys.argv[1])
    for pair in sys.argv[2:]:
        listen, _, address = pair.partition("=")

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str = address) -> None:
            there, back = await asyncio.open_connection(address, SSH_PORT)
            await asyncio.gather(pass_on(delay_s, reader, back), pass_on(delay_s, there, writer))

        await asyncio.start_server(meet, listen, PORT)
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
