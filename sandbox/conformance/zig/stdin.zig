const std = @import("std");

pub fn main() !void {
    var buffer: [1024]u8 = undefined;
    while (true) {
        const count = try std.fs.File.stdin().read(&buffer);
        if (count == 0) break;
        for (buffer[0..count]) |*c| c.* = std.ascii.toUpper(c.*);
        try std.fs.File.stdout().writeAll(buffer[0..count]);
    }
}
