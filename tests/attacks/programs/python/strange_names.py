import os

for name in (b"\xff\xfe\xfd", b"new\nline", b"\x01\x1b[31m", b"-rf", b"--", b"*", b"$(reboot)", b"`id`", b";id", b"\xe2\x80\xae", b"n" * 255):
    for place in (b".", b"/tmp", b"/dev/shm", b"/var/tmp"):
        try:
            os.mkdir(os.path.join(place, name))
            open(os.path.join(place, name, name), "w").close()
            os.chmod(os.path.join(place, name), 0)
        except OSError as error:
            print("refused", error.errno)
print("left")
