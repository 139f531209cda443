from datetime import date, datetime, timedelta, timezone


def fridays_13th(first_year, last_year):
    for year in range(first_year, last_year + 1):
        for month in range(1, 13):
            day = date(year, month, 13)
            if day.weekday() == 4:
                yield day


def workdays(start, end):
    days = (start + timedelta(days=n) for n in range((end - start).days))
    return sum(day.weekday() < 5 for day in days)


def age(born, today):
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


print(*fridays_13th(2023, 2025), sep="\n")
print(workdays(date(2024, 2, 1), date(2024, 3, 1)), "working days in February 2024")
print(age(date(1990, 6, 15), date(2024, 6, 14)), age(date(1990, 6, 15), date(2024, 6, 15)))
moment = datetime(2024, 2, 28, 23, 30, tzinfo=timezone.utc)
later = moment + timedelta(hours=36, minutes=45)
print(later.isoformat(), later.strftime("%A, %d %B %Y"))
print((later - moment).total_seconds(), later.timestamp())
parsed = datetime.strptime("03/11/2019 14:05", "%d/%m/%Y %H:%M")
print(parsed, parsed.isocalendar().week, parsed.replace(day=1).date() - timedelta(days=1))
