#!/bin/sh
# Builds the Debian package into build/, the same octets from the same commit.
# "make deb" calls it, with VERSION and NFPM.
set -eu
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
ARCH=${ARCH:-$(go env GOARCH)}
# 1.2.3 of a tag v1.2.3; else 0.0.0 with the commit behind it, so that any release is newer.
case $VERSION in
v[0-9]*) VERSION=${VERSION#v} ;;
*) VERSION=0.0.0~$VERSION ;;
esac
export VERSION ARCH
unset POSTSEAL_CONFIG || :

mkdir -p build
chmod -R go-w contrib
bin/postseal help man | gzip -9n >build/postseal.8.gz
bin/postseal help config | gzip -9n >build/postseal.yaml.5.gz
bin/postseal help bash >build/postseal.bash
bin/postseal help sbom >build/sbom.json
bin/postseal config example >build/example.yaml
gzip -9nc CHANGELOG.md >build/changelog.gz
rm -f build/*.deb
$NFPM package --config contrib/deb/nfpm.yaml --packager deb --target build/
ls build/*.deb
