const std = @import("std");

pub fn main() !void {
    for (std.os.argv[1..]) |word| {
        try std.fs.File.stdout().writeAll(std.mem.span(word));
        try std.fs.File.stdout().writeAll("\n");
    }
}
