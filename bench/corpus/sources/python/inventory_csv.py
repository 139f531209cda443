import csv
import io
from operator import itemgetter

DATA = """sku,name,price,stock
A1,"lamp, small",39.90,4
B2,chair,119.00,2
C3,table,349.50,0
D4,shelf,,7
"""


def load(stream):
    good, bad = [], []
    for row in csv.DictReader(stream):
        try:
            good.append({**row, "price": float(row["price"]), "stock": int(row["stock"])})
        except ValueError as error:
            bad.append((row["sku"], str(error)))
    return good, bad


rows, bad = load(io.StringIO(DATA))
for row in sorted(rows, key=itemgetter("price"), reverse=True):
    print("{name:<12} {price:>8.2f} {stock:>3}".format_map(row))
print("worth", round(sum(row["price"] * row["stock"] for row in rows), 2), "without", bad)
out = io.StringIO()
writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
writer.writerow(["name", "note"])
writer.writerows([row["name"], "sold out" if not row["stock"] else 'says "hello"'] for row in rows)
print(out.getvalue(), end="")
