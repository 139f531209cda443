import json
from collections import defaultdict
from statistics import mean

RAW = """
[{"city": "Oslo", "month": 1, "temperature": -4.3, "rain": 49}, {"city": "Oslo", "month": 7, "temperature": 17.7, "rain": 81},
 {"city": "Rome", "month": 1, "temperature": 7.5, "rain": 67}, {"city": "Rome", "month": 7, "temperature": 25.6, "rain": 19},
 {"city": "Cairo", "month": 1, "temperature": 14.0, "rain": 5}, {"city": "Cairo", "month": 7, "temperature": 29.2, "rain": 0}]
"""


def by_city(records):
    cities = defaultdict(list)
    for record in records:
        cities[record["city"]].append(record)
    return cities


def summary(records):
    return {
        "mean": round(mean(record["temperature"] for record in records), 2),
        "wettest": max(records, key=lambda record: record["rain"])["month"],
        "rain": sum(record["rain"] for record in records),
    }


records = json.loads(RAW)
report = {city: summary(rows) for city, rows in by_city(records).items()}
print(json.dumps(report, indent=2, sort_keys=True))
assert json.loads(json.dumps(report)) == report
try:
    json.loads('{"broken": [1, 2}')
except json.JSONDecodeError as error:
    print("line", error.lineno, "column", error.colno, "-", error.msg)
