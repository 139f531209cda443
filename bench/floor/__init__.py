"""What the architecture costs without any rule of ours: the parts that stand fixed, put together by hand."""
