import asyncio
from collections import Counter


async def produce(queue, numbers):
    for number in numbers:
        await queue.put(number)
        await asyncio.sleep(0)
    await queue.put(None)


async def work(name, queue, results, done):
    while (number := await queue.get()) is not None:
        await asyncio.sleep(0)
        results.append((number, number**2))
        done[name] += 1
    await queue.put(None)


async def with_timeout():
    try:
        await asyncio.wait_for(asyncio.Event().wait(), timeout=0.001)
    except asyncio.TimeoutError:
        return "gave up"


async def main():
    queue, results, done = asyncio.Queue(maxsize=3), [], Counter()
    await asyncio.gather(produce(queue, range(12)), *(work(name, queue, results, done) for name in "abc"))
    print(sorted(results))
    print(sum(done.values()), "done")
    print(await with_timeout())
    answers = await asyncio.gather(asyncio.sleep(0, "fine"), asyncio.to_thread(sum, range(10)), return_exceptions=True)
    print(answers)


asyncio.run(main())
