package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  @TempDir private Path root;

  private Path file(String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  private LibrarySearch search(Map<String, String> environment, String own) {
    return LibrarySearch.of(root, environment, own);
  }

  @Test
  void findsTheToolkit() throws IOException {
    Path library = file("usr/local/cuda/lib64/libcublasLt.so.13");
    assertThat(search(Map.of(), "").find("cublasLt", List.of(13)))
        .contains(new LibrarySearch.Found(library, "system", List.of()));
  }

  @Test
  void takesTheFolderThatTheUserNamesFirst() throws IOException {
    Path system = file("usr/lib/x86_64-linux-gnu/libcudnn.so.9");
    Path variable = file("toolkit/lib64/libcudnn.so.9");
    Path own = file("own/libcudnn.so.9");
    Map<String, String> environment = Map.of("CUDA_HOME", root.resolve("toolkit").toString());
    assertThat(search(environment, root.resolve("own").toString()).find("cudnn", List.of(9)))
        .contains(new LibrarySearch.Found(own, LibrarySearch.FOLDERS_PROPERTY, List.of(variable, system)));
    assertThat(search(environment, "").find("cudnn", List.of(9)))
        .contains(new LibrarySearch.Found(variable, "CUDA_HOME", List.of(system)));
  }

  @Test
  void findsPackagesOfPython() throws IOException {
    Path library = file("venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9");
    assertThat(search(Map.of("VIRTUAL_ENV", root.resolve("venv").toString()), "").find("cudnn", List.of(9)))
        .contains(new LibrarySearch.Found(library, "Python package", List.of()));
    assertThat(search(Map.of("PATH", "/bin:" + root.resolve("venv/bin")), "").find("cudnn", List.of(9))).isPresent();
  }

  @Test
  void takesTheHighestVersionThatItKnows() throws IOException {
    file("usr/lib64/libnvrtc.so.11.2");
    file("usr/lib64/libnvrtc.so.12");
    Path newest = file("usr/lib64/libnvrtc.so.13");
    file("usr/lib64/libnvrtc.so.14");
    file("usr/lib64/libnvrtc.so");
    file("usr/lib64/libnvrtc-builtins.so.13");
    assertThat(search(Map.of(), "").find("nvrtc", List.of(13, 12)))
        .contains(new LibrarySearch.Found(newest, "system", List.of()));
  }

  @Test
  void countsLinksToOneFileOnce() throws IOException {
    Path library = file("usr/lib64/libcudnn.so.9.14.0");
    Path link = Files.createSymbolicLink(root.resolve("usr/lib64/libcudnn.so.9"), library);
    Path other = root.resolve("own");
    Files.createSymbolicLink(other, root.resolve("usr/lib64"));
    assertThat(search(Map.of("LD_LIBRARY_PATH", other.toString()), "").find("cudnn", List.of(9)).orElseThrow().others())
        .isEmpty();
    assertThat(link).exists();
  }

  @Test
  void findsNothingWhereNothingIs() {
    assertThat(search(Map.of("LD_LIBRARY_PATH", "/nowhere::"), "").find("cudnn", List.of(9))).isEmpty();
  }
}
