const std = @import("std");
const other = @import("other.zig");

pub fn main() !void {
    try std.fs.File.stdout().writeAll(other.greeting());
}
