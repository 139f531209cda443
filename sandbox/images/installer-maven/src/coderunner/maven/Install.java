package coderunner.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.artifact.Artifact;

/**
 * Installs packages as jars: {@code Install LAYER INDEX RELAY PACKAGE...}. Below the folder LAYER it leaves {@code tree},
 * with the jars and their names in the order of a class path ({@code tree/class-path}), and {@code packages}, with what was
 * installed, a line for each.
 */
final class Install {
    public static void main(String[] args) throws IOException {
        try {
            install(Path.of(args[0]), args[1], args[2], List.of(args).subList(3, args.length));
        } catch (RepositoryException | IllegalArgumentException error) {
            Said.lastly(Said.of(error));
        } catch (StackOverflowError error) {
            Said.lastly("what these packages tell of themselves is nested too deep");
        }
    }

    private static void install(Path layer, String index, String relay, List<String> packages)
            throws IOException, RepositoryException {
        var tree = Files.createDirectories(layer.resolve("tree"));
        var repository = layer.resolve("scratch").resolve("repository");
        var found = new Resolution(repository, index, relay).of(packages);
        var names = new LinkedHashSet<String>();
        var installed = new LinkedHashSet<String>();
        for (var artifact : found) {
            Files.move(artifact.getFile().toPath(), tree.resolve(nameOf(artifact, names)));
            installed.add(artifact.getGroupId() + ":" + artifact.getArtifactId() + ":" + artifact.getVersion());
        }
        Files.write(tree.resolve("class-path"), names);
        Files.write(layer.resolve("packages"), installed);
        System.err.println("Installed " + String.join(" ", installed));
    }

    /** As in a repository; where another artifact's jar has that name, with its group before it. */
    private static String nameOf(Artifact artifact, Set<String> taken) {
        var classifier = artifact.getClassifier().isEmpty() ? "" : "-" + artifact.getClassifier();
        var name = artifact.getArtifactId() + "-" + artifact.getVersion() + classifier + ".jar";
        while (!taken.add(name)) {
            name = artifact.getGroupId() + "." + name;
        }
        return name;
    }

    private Install() {}
}
