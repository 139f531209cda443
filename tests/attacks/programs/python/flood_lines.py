while True:
    print("flood" * 20)
