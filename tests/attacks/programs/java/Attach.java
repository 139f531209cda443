import java.io.*;
import java.nio.file.*;

/** What a JVM leaves for others to attach to, and what it would be told by its environment. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        for (String name : new String[] {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"})
            System.out.println(name + " " + System.getenv(name));
        System.out.println("agent " + new File("/tmp/agent-was-here").exists());
        boolean gvisor = new File("/proc/sentry-meminfo").exists();  // shows the agent's environment, which secrets.py reads
        for (String path : new String[] {gvisor ? "/proc/1/io" : "/proc/1/environ", "/proc/1/mem", "/etc/shadow"})
            try { Files.readAllBytes(Path.of(path)); System.out.println("ESCAPED: " + path); } catch (IOException refused) { }
        System.out.println("looked");
    }
}
