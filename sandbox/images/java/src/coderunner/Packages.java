package coderunner;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The packages of a task: a folder with jars, and a file {@code class-path} with their names in its order. They come before
 * the image's libraries, of which they may have other versions.
 */
final class Packages {
    private static final Path LIBRARIES = Path.of("/opt/coderunner/java/lib");

    /** Makes the jars known as part of the class path; {@code launch.c} puts them there. */
    static String[] add(String folder) throws IOException {
        var jars = jars(folder);
        jars.addAll(libraries());
        var classPath = System.getProperty("java.class.path");
        System.setProperty("java.class.path", classPath + File.pathSeparator + String.join(File.pathSeparator, jars));
        return jars.toArray(new String[0]);
    }

    /** The paths of the jars. */
    static List<String> jars(String folder) throws IOException {
        var jars = new ArrayList<String>();
        for (var name : Files.readAllLines(Path.of(folder, "class-path"))) {
            jars.add(folder + "/" + name);
        }
        return jars;
    }

    /** The paths of the jars that every program of the image finds, by name; most images have none. */
    static List<String> libraries() throws IOException {
        if (!Files.isDirectory(LIBRARIES)) {
            return List.of();
        }
        try (var files = Files.list(LIBRARIES)) {
            return files.map(Path::toString).filter(name -> name.endsWith(".jar")).sorted().toList();
        }
    }

    private Packages() {}
}
