package coderunner;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the class whose main is to run, and prepares the JVM for it; launch.c calls these methods. */
final class MainClass {
    private static final int MAX_PACKAGE_DEPTH = 16;
    private static final String MODULE = "module-info"; // no class, though it is in a class file
    private static boolean preview;

    /** Makes the JVM look as `java` started it, and has it load what most programs use. */
    static String prepare(String ignored) throws IOException {
        var classPath = System.getProperty("java.class.path");
        System.setProperty("java.class.path", classPath.substring(classPath.indexOf(File.pathSeparator) + 1)); // ours is first
        var out = new PrintStream(new ByteArrayOutputStream(), true);
        var in = new ByteArrayInputStream("1 two\n3\n".getBytes());
        var line = new BufferedReader(new InputStreamReader(in)).readLine();
        var number = new Scanner(line).nextInt();
        Map<String, Integer> counts = new HashMap<>();
        counts.merge("n" + number + line, number, Integer::sum);
        List<Integer> sorted = new ArrayList<>(List.of(3, 1, 2));
        sorted.sort(Comparator.reverseOrder());
        out.println(sorted.stream().map(x -> x * 2).filter(x -> x > 2).map(String::valueOf).collect(Collectors.joining(",")));
        out.printf("%d %s %.2f%n", number, counts, 1.5);
        return null;
    }

    /** The full name of the class that is to run. The command, with that name in place of the entry, is made known. */
    static String find(String[] command) throws IOException {
        preview = System.clearProperty("coderunner.preview") != null;
        command[0] = find(command[0]);
        System.setProperty("sun.java.command", String.join(" ", command));
        return command[0];
    }

    /**
     * The full name of the class that an entry file stands for: the class of that name below the current directory, in
     * whatever package; failing that, the only class with a main method, or the only public one of several, or the first of
     * several in one source file, as {@code java FILE.java} takes it; failing that, the name itself, which the JVM will not
     * find.
     */
    private static String find(String entry) throws IOException {
        if (Files.isRegularFile(Path.of(entry + ".class")) && !entry.contains("/") && !entry.equals(MODULE)) {
            return entry;
        }
        var classes = compiledClasses();
        var simple = entry.substring(entry.lastIndexOf('/') + 1);
        for (var name : classes) {
            if (name.substring(name.lastIndexOf('.') + 1).equals(simple)) {
                return name;
            }
        }
        var startable = classes.stream().filter(MainClass::hasMain).toList();
        if (startable.size() > 1) {
            startable = chosen(startable);
        }
        return startable.size() == 1 ? startable.get(0) : simple;
    }

    private static List<String> chosen(List<String> startable) throws IOException {
        var open = startable.stream().filter(MainClass::isPublic).toList();
        if (open.size() == 1) {
            return open;
        }
        var files = new HashMap<String, ClassFile>();
        for (var name : startable) {
            files.put(name, ClassFile.read(path(name)));
        }
        var sources = files.values().stream().map(ClassFile::source).distinct().toList();
        if (sources.size() > 1 || sources.contains("")) {
            return open;
        }
        return List.of(startable.stream().min(Comparator.comparingInt(name -> files.get(name).firstLine())).get());
    }

    private static Path path(String name) {
        return Path.of(name.replace('.', '/') + ".class");
    }

    /** Names of the top-level classes below the current directory, those in the shortest packages first. */
    private static List<String> compiledClasses() throws IOException {
        try (Stream<Path> paths = Files.find(Path.of(""), MAX_PACKAGE_DEPTH, (path, file) -> file.isRegularFile())) {
            return paths.map(Path::toString)
                    .filter(path -> path.endsWith(".class") && !path.contains("$") && !path.endsWith(MODULE + ".class"))
                    .map(path -> path.substring(0, path.length() - ".class".length()).replace('/', '.'))
                    .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
                    .toList();
        }
    }

    private static boolean isPublic(String name) {
        try {
            return Modifier.isPublic(Class.forName(name, false, ClassLoader.getSystemClassLoader()).getModifiers());
        } catch (ReflectiveOperationException | LinkageError error) {
            return false;
        }
    }

    private static boolean hasMain(String name) {
        try {
            var type = Class.forName(name, false, ClassLoader.getSystemClassLoader());
            if (preview) {
                return hasAnyMain(type);
            }
            var method = type.getMethod("main", String[].class);
            return Modifier.isStatic(method.getModifiers()) && method.getReturnType() == void.class;
        } catch (ReflectiveOperationException | LinkageError error) {
            return false;
        }
    }

    /** With preview features main may be an instance's, take nothing, and need not be public. */
    private static boolean hasAnyMain(Class<?> type) {
        for (var from = type; from != null; from = from.getSuperclass()) {
            for (var method : from.getDeclaredMethods()) {
                var takes = List.of(method.getParameterTypes());
                if (method.getName().equals("main") && method.getReturnType() == void.class
                        && !Modifier.isPrivate(method.getModifiers())
                        && (takes.isEmpty() || takes.equals(List.of(String[].class)))) {
                    return true;
                }
            }
        }
        return false;
    }

    private MainClass() {}
}
