print("not interested")
