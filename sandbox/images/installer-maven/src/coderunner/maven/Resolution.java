package coderunner.maven;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.maven.repository.internal.MavenRepositorySystemUtils;
import org.eclipse.aether.DefaultRepositorySystemSession;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.connector.basic.BasicRepositoryConnectorFactory;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.graph.DependencyNode;
import org.eclipse.aether.repository.LocalRepository;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.repository.RepositoryPolicy;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.resolution.VersionRangeRequest;
import org.eclipse.aether.resolution.VersionRequest;
import org.eclipse.aether.spi.connector.RepositoryConnectorFactory;
import org.eclipse.aether.spi.connector.transport.TransporterFactory;
import org.eclipse.aether.util.graph.visitor.PreorderNodeListGenerator;
import org.eclipse.aether.util.version.GenericVersionScheme;
import org.eclipse.aether.version.InvalidVersionSpecificationException;
import org.eclipse.aether.version.Version;

/**
 * The jars that packages and what these need at run time come to, by Maven's own rules (Maven Resolver): nearest version
 * wins, parents, imported BOMs, ranges, exclusions, relocations. All of it from one index: repositories that a POM names are
 * not looked at, no plugin runs, and what fails its checksum fails the installation.
 */
final class Resolution {
    private static final Pattern NUMBERS = Pattern.compile("\\d+(\\.\\d+)*");
    private static final Pattern DATE = Pattern.compile("\\d{8}");

    private final RepositorySystem system;
    private final DefaultRepositorySystemSession session = MavenRepositorySystemUtils.newSession();
    private final List<RemoteRepository> index;

    /** {@code local}: a folder for what is read; {@code relay}: where the server is that reads the index for us. */
    Resolution(Path local, String index, String relay) {
        var locator = MavenRepositorySystemUtils.newServiceLocator();
        locator.addService(RepositoryConnectorFactory.class, BasicRepositoryConnectorFactory.class);
        locator.setServices(TransporterFactory.class, new IndexTransporter.Factory(relay));
        system = locator.getService(RepositorySystem.class);
        session.setSystemProperties(System.getProperties()); // by which POMs choose their profiles: the version of Java
        session.setIgnoreArtifactDescriptorRepositories(true);
        session.setTransferListener(new Said.Transfers());
        session.setRepositoryListener(new Said.Events());
        session.setConfigProperty("aether.connector.basic.threads", 1);
        session.setConfigProperty("aether.checksums.algorithms", "SHA-1,SHA-256,SHA-512");
        session.setLocalRepositoryManager(system.newLocalRepositoryManager(session, new LocalRepository(local.toFile())));
        var releases = new RepositoryPolicy(true, RepositoryPolicy.UPDATE_POLICY_NEVER, RepositoryPolicy.CHECKSUM_POLICY_FAIL);
        var snapshots = new RepositoryPolicy(false, null, null);
        this.index = List.of(new RemoteRepository.Builder("index", "default", index)
                .setReleasePolicy(releases).setSnapshotPolicy(snapshots).build());
    }

    /** The artifacts in the order of a class path; each has its file. {@code packages}: {@code GROUP:ARTIFACT[:VERSION]}. */
    List<Artifact> of(List<String> packages) throws RepositoryException {
        var dependencies = new ArrayList<Dependency>();
        for (var name : packages) {
            var parts = name.split(":");
            var version = parts.length > 2 ? parts[2] : newest(parts[0], parts[1]);
            dependencies.add(new Dependency(new DefaultArtifact(parts[0], parts[1], "jar", version), "compile"));
        }
        var collect = new CollectRequest(dependencies, List.of(), index);
        var root = system.resolveDependencies(session, new DependencyRequest(collect, (node, above) -> isJar(node))).getRoot();
        var found = new PreorderNodeListGenerator();
        root.accept(found);
        return found.getArtifacts(false);
    }

    /** Not what is on no class path, and not what a POM says is a file of this machine's (scope system). */
    private static boolean isJar(DependencyNode node) {
        var dependency = node.getDependency();
        return dependency != null && dependency.getArtifact().getExtension().equals("jar")
                && !dependency.getScope().equals("system");
    }

    /**
     * What the index calls its release, where that is one by Maven's order of versions ({@code 2.0-M1} comes before {@code 2.0})
     * and no date of old (commons-io's {@code 20030203.000550}); or else the highest that is one; or else the highest.
     */
    private String newest(String group, String artifact) throws RepositoryException {
        var any = new DefaultArtifact(group, artifact, "jar", "[0,)");
        var versions = system.resolveVersionRange(session, new VersionRangeRequest(any, index, null)).getVersions();
        if (versions.isEmpty()) {
            throw new IllegalArgumentException("the index has no versions of " + group + ":" + artifact);
        }
        var choice = versions.stream().filter(Resolution::isRelease).map(Version::toString).toList();
        if (choice.stream().anyMatch(one -> !DATE.matcher(one).lookingAt())) {
            choice = choice.stream().filter(one -> !DATE.matcher(one).lookingAt()).toList();
        }
        if (choice.isEmpty()) {
            choice = versions.stream().map(Version::toString).toList();
        }
        var named = system.resolveVersion(session, new VersionRequest(any.setVersion("RELEASE"), index, null)).getVersion();
        return choice.contains(named) ? named : choice.get(choice.size() - 1);
    }

    private static boolean isRelease(Version version) {
        var numbers = NUMBERS.matcher(version.toString());
        return numbers.lookingAt() && version.compareTo(parsed(numbers.group())) >= 0;
    }

    private static Version parsed(String version) {
        try {
            return new GenericVersionScheme().parseVersion(version);
        } catch (InvalidVersionSpecificationException error) {
            throw new IllegalArgumentException(error);
        }
    }
}
