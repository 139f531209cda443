import threading
import time

started = 0
try:
    while started < 10_000:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        started += 1
except RuntimeError as error:
    print("refused", error)
if started > 70:  # 64, and what the runtime itself may need
    print("ESCAPED:", started, "threads")
