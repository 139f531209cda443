import java.nio.file.*;
import java.util.*;

public class Main {
    public static void main(String[] arguments) throws Exception {
        List<String> problems = new ArrayList<>();
        for (String place : List.of("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")) list(place, "", problems);
        list("/workspace", Path.of("").toAbsolutePath().getFileName().toString(), problems);
        int self = (int) ProcessHandle.current().pid();
        Object mine = Files.getAttribute(Path.of("/proc/" + self), "unix:uid");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                boolean other = Integer.parseInt(entry.getFileName().toString()) != self;
                if (other && Files.getAttribute(entry, "unix:uid").equals(mine)) problems.add(entry.toString());
            }
        }
        System.out.println(problems.isEmpty() ? "clean" : "left behind: " + problems);
    }

    static void list(String place, String own, List<String> problems) throws Exception {
        if (!Files.exists(Path.of(place))) return;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(place))) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.equals(own) && !name.startsWith("hsperfdata")) problems.add(entry.toString());
            }
        }
    }
}
