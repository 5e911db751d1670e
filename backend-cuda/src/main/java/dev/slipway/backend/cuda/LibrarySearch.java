package dev.slipway.backend.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks for shared libraries in folders, the first folder that has one winning, and in it the highest version.
 *
 * @param folders in order, each with what it comes from
 */
record LibrarySearch(List<Folder> folders) {
  static final String FOLDERS_PROPERTY = "slipway.cuda.libraries";

  /** A folder, and why it is looked into. */
  record Folder(Path path, String origin) {}

  /**
   * A library that was found.
   *
   * @param origin what its folder comes from
   * @param others the same library elsewhere, which was not taken
   */
  record Found(Path path, String origin, List<Path> others) {
    @Override
    public String toString() {
      String text = path + " (" + origin;
      return others.isEmpty() ? text + ")" : text + "; before " + others.size() + " more, " + others.getFirst() + ")";
    }
  }

  /** The folders of this process and machine. */
  static LibrarySearch ofMachine() {
    return of(Path.of("/"), System.getenv(), System.getProperty(FOLDERS_PROPERTY, ""));
  }

  /**
   * The folders in which libraries of CUDA are usually installed.
   *
   * @param root of the file system
   * @param own folders that the user named, separated by colons
   */
  static LibrarySearch of(Path root, Map<String, String> environment, String own) {
    Set<Folder> folders = new LinkedHashSet<>();
    paths(own).forEach(path -> folders.add(new Folder(path, FOLDERS_PROPERTY)));
    paths(environment.getOrDefault("LD_LIBRARY_PATH", ""))
        .forEach(path -> folders.add(new Folder(path, "LD_LIBRARY_PATH")));
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      paths(environment.getOrDefault(variable, ""))
          .forEach(path -> folders.add(new Folder(path.resolve("lib64"), variable)));
    }
    for (String fixed : List.of(
        "usr/local/nvidia/lib64", "usr/local/cuda/lib64", "usr/local/cuda/targets/x86_64-linux/lib",
        "usr/local/cuda/targets/sbsa-linux/lib", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64")) {
      folders.add(new Folder(root.resolve(fixed), "system"));
    }
    List<Path> pythons = new ArrayList<>(paths(environment.getOrDefault("VIRTUAL_ENV", "")));
    for (Path path : paths(environment.getOrDefault("PATH", ""))) {
      if (path.endsWith("bin") && path.getParent() != null) {
        pythons.add(path.getParent());
      }
    }
    pythons.add(root.resolve("usr/local"));
    pythons.add(root.resolve("usr"));
    pythons.forEach(python -> pythonFolders(python).forEach(path -> folders.add(new Folder(path, "Python package"))));
    return new LibrarySearch(List.copyOf(folders));
  }

  private static List<Path> paths(String list) {
    return Arrays.stream(list.split(":")).filter(text -> !text.isBlank()).map(Path::of).toList();
  }

  /** NVIDIA's packages for Python keep their libraries in {@code nvidia/NAME/lib}. */
  private static List<Path> pythonFolders(Path python) {
    List<Path> folders = new ArrayList<>();
    for (Path version : entries(python.resolve("lib"), "python3*")) {
      for (String packages : List.of("site-packages", "dist-packages")) {
        for (Path library : entries(version.resolve(packages).resolve("nvidia"), "*")) {
          folders.add(library.resolve("lib"));
        }
      }
    }
    return folders;
  }

  private static List<Path> entries(Path folder, String glob) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      stream.forEach(entries::add);
    } catch (IOException e) {
      return List.of();
    }
    entries.sort(Comparator.naturalOrder());
    return entries;
  }

  /**
   * A library such as {@code libcudnn.so.9} or {@code libcudnn.so.9.14.0}.
   *
   * @param majors those that the binding was written for
   */
  Optional<Found> find(String name, List<Integer> majors) {
    List<Path> all = new ArrayList<>();
    Optional<Folder> first = Optional.empty();
    for (Folder folder : folders) {
      List<Path> inFolder = versions(folder.path(), name, majors);
      if (first.isEmpty() && !inFolder.isEmpty()) {
        first = Optional.of(folder);
      }
      inFolder.stream().findFirst().filter(path -> !isKnown(all, path)).ifPresent(all::add);
    }
    return first.map(folder -> new Found(all.getFirst(), folder.origin(), List.copyOf(all.subList(1, all.size()))));
  }

  private static boolean isKnown(List<Path> known, Path path) {
    return known.stream().anyMatch(other -> real(other).equals(real(path)));
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path;
    }
  }

  /** The highest version first. */
  private static List<Path> versions(Path folder, String name, List<Integer> majors) {
    Pattern form = Pattern.compile(Pattern.quote("lib" + name + ".so.") + "(\\d{1,4})((?:\\.\\d{1,4})*)");
    record Version(int major, Path path) {}
    List<Version> versions = new ArrayList<>();
    for (Path path : entries(folder, "lib" + name + ".so.*")) {
      Matcher matcher = form.matcher(path.getFileName().toString());
      if (matcher.matches() && majors.contains(Integer.valueOf(matcher.group(1)))) {
        versions.add(new Version(Integer.parseInt(matcher.group(1)), path));
      }
    }
    versions.sort(Comparator.comparingInt(Version::major).reversed()
        .thenComparing(version -> version.path().getFileName().toString().length()));
    return versions.stream().map(Version::path).toList();
  }
}
