#!/usr/bin/env bash
# Grade one submission: a checkout of a student's repository, with a course that is not in it.
#
#   grade-push.sh SUBMISSION RESULTS
#
# ASSIGNMENT        its name in course.yaml
# STUDENT           whose it is
# AUTOGRADER_COURSE the course's folder, on this machine; nothing is written to it
#
# Everything is done in a copy without other students' work, which is removed. RESULTS gets junit.xml, results.json and
# the feedback pages, and what the forge shows. Exit status: 0 all that could be passed was, 1 it was not, 2 wrong use
# or broken course, 3 a fault of ours: nobody loses a point for it.
set -euo pipefail

submission=$(cd "$1" && pwd)
mkdir -p "$2"
results=$(cd "$2" && pwd)
: "${ASSIGNMENT:?names the assignment}" "${STUDENT:?names the student}" "${AUTOGRADER_COURSE:?is the course\'s folder}"

course=$(mktemp -d)
trap 'rm -rf "$course"' EXIT
tar -C "$AUTOGRADER_COURSE" -cf - --exclude-vcs \
  --exclude=./submitted --exclude=./autograded --exclude=./feedback --exclude=./reports --exclude=./exports \
  --exclude=./gradebook.db --exclude='./.autograder/results.db*' --exclude='./.autograder/evidence/*/submitted' \
  . | tar -C "$course" -xf -
mkdir -p "$course/submitted/$STUDENT/$ASSIGNMENT"
tar -C "$submission" -cf - --exclude-vcs --exclude=./timestamp.txt . | tar -C "$course/submitted/$STUDENT/$ASSIGNMENT" -xf -
cd "$course"

# What a notebook prints, or is called, must not be taken for a command of the forge.
fence=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
[ -z "${GITHUB_ACTIONS:-}" ] || echo "::stop-commands::$fence"
status=0
autograder grade "$ASSIGNMENT" --student "$STUDENT" || status=$?
[ -z "${GITHUB_ACTIONS:-}" ] || echo "::$fence::"
if [ "$status" = 2 ]; then
  exit 2
fi

autograder feedback "$ASSIGNMENT" > /dev/null || true
autograder results "$ASSIGNMENT" --json > "$results/results.json" || true
if [ -d feedback ]; then
  cp -r feedback "$results/"
fi
for system in junit ${FORGE:-}; do
  # Status 1: it waits for somebody who marks; 3: said above, by its own status.
  autograder export "$ASSIGNMENT" --to "$system" --student "$STUDENT" --output "$results" > /dev/null || true
done

if [ "$status" != 0 ]; then
  exit "$status"
fi
if grep -Eq '<(failure|error)[ >]' "$results/junit.xml"; then
  exit 1
fi
