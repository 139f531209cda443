const std = @import("std");

pub fn main() void {
    std.debug.print("to standard error\n", .{});
}
