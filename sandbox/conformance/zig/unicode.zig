const std = @import("std");

pub fn main() !void {
    try std.fs.File.stdout().writeAll("Grüße, 世界! 🎉\n");
}
