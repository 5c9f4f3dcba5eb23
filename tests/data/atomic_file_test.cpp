#include "framework/data/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>
#include <vector>

#include "tests/data/files.h"

namespace loglik {
namespace {

TEST(AtomicFile, AppearsWhole) {
  test::Folder folder;
  folder.write("x", "old");
  AtomicFile file(folder.path("x"));
  file.write("new ");
  file.write(std::as_bytes(std::span(std::string_view("content"))));
  EXPECT_EQ(folder.content("x"), "old");
  file.commit();
  EXPECT_EQ(folder.content("x"), "new content");
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(folder.error([&] { file.write("more"); }), "x can't be written: Bad file descriptor");
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  test::Folder folder;
  folder.write("x", "old");
  { AtomicFile(folder.path("x")).write("new"); }
  EXPECT_EQ(folder.content("x"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, KeepsTheOldOneWhenTheDiskIsFull) {
  test::Folder folder;
  folder.write("x", "old");
  // A limit on the size of files stands in for a full disk: the last piece is written short, then refused.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{10'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::string message = folder.error([&] {
    AtomicFile file(folder.path("x"));
    for (int i = 0; i < 4; ++i) file.write(std::string(3'000, 'x'));
    file.commit();
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "x can't be written: File too large");
  EXPECT_EQ(folder.content("x"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, SaysWhyItCannotBeWritten) {
  test::Folder folder;
  EXPECT_EQ(folder.error([&] { AtomicFile(folder.path("absent/x")); }), "absent/x can't be written: No such file or directory");
  std::filesystem::create_directory(folder.path("folder"));
  EXPECT_EQ(folder.error([&] { AtomicFile(folder.path("folder")).commit(); }), "folder can't be written: Is a directory");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, IsWholeWhoeverComesLast) {
  test::Folder folder;
  std::vector<std::thread> writers;
  for (char letter : {'a', 'b', 'c', 'd'})
    writers.emplace_back([&, letter] {
      for (int i = 0; i < 5; ++i) {
        AtomicFile file(folder.path("x"));
        for (int piece = 0; piece < 10; ++piece) file.write(std::string(1'000, letter));
        file.commit();
      }
    });
  for (std::thread& writer : writers) writer.join();
  const std::string content = folder.content("x");
  EXPECT_EQ(content, std::string(10'000, content.at(0)));
  EXPECT_EQ(folder.files(), 1u);
}
}  // namespace
}  // namespace loglik
