package coderunner;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The packages of a task: a folder with jars, and a file {@code class-path} with their names in its order. */
final class Packages {
    /** Makes the jars in the folder known as part of the class path; {@code launch.c} puts them there. */
    static String[] add(String folder) throws IOException {
        var jars = jars(folder);
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

    private Packages() {}
}
